import { clusterName } from '../../core/registry/cluster-name.ts';
import type { Fleet } from '../../core/registry/fleet.ts';
import type { Logger } from '../../runtime/log.ts';
import type { SnapshotSource } from '../source/snapshot.ts';
import { HealthMonitor } from './health-monitor.ts';
import { HealthHistory, type StatusChange } from './history.ts';
import type { Redirects } from './redirects.ts';
import { type BackendStatus, toStatus } from './status.ts';

/** Settings of {@link FleetHealth}. */
export interface FleetHealthOptions {
  source: Pick<SnapshotSource, 'fleet' | 'notesOf' | 'lacksSecrets'>;
  redirects: Pick<Redirects, 'noteOf'>;
  /** Why Envoy rejected the resources of a backend; undefined if it did not. */
  rejectionOf: (backend: string) => string | undefined;
  /** Unix socket of Envoy's admin interface. */
  adminSocket: string;
  log: Logger;
}

/** The state of every backend of the fleet, and how it changed. */
export class FleetHealth {
  readonly #options: FleetHealthOptions;
  readonly #monitor: HealthMonitor;
  readonly #history: HealthHistory;

  constructor(options: FleetHealthOptions) {
    const { source, adminSocket, log } = options;
    this.#options = options;
    const fleet = (): Fleet => source.fleet;
    this.#history = new HealthHistory(() => this.#statuses(), log);
    this.#monitor = new HealthMonitor({ adminSocket, fleet, log, onChange: () => this.#history.touch() });
  }

  /** The state of every backend, with its latest changes. */
  statuses(): (BackendStatus & { history: StatusChange[] })[] {
    return this.#statuses().map((status) => ({ ...status, history: [...this.#history.historyOf(status.name)] }));
  }

  /** Looks again soon, because another fleet was published. */
  refresh(): void {
    this.#history.touch();
    this.#monitor.hurry();
  }

  /** Stops looking. */
  close(): void {
    this.#monitor.close();
    this.#history.close();
  }

  #statuses(): BackendStatus[] {
    const { source, redirects, rejectionOf } = this.#options;
    return [...source.fleet.values()].map((entry) => {
      const { backend } = entry;
      return toStatus({
        entry,
        health: this.#monitor.health.get(clusterName(backend.name)),
        diagnoses: this.#monitor.diagnoses,
        notes: [...source.notesOf(backend), ...[redirects.noteOf(backend) ?? []].flat()],
        rejection: rejectionOf(backend.name),
        lacksSecrets: source.lacksSecrets(backend),
      });
    });
  }
}
