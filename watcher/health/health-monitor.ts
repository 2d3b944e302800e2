import { isDeepStrictEqual } from 'node:util';
import { clusterName } from '../../core/registry/cluster-name.ts';
import type { Endpoint } from '../../core/registry/endpoint.ts';
import type { Fleet, FleetBackend } from '../../core/registry/fleet.ts';
import type { Logger } from '../../runtime/log.ts';
import { type ClusterHealth, readClusterHealth } from './cluster-health.ts';
import { diagnose } from './diagnose.ts';
import { diagnosisKey } from './status.ts';

/** How often Envoy is asked; more often while something is not well. */
const CALM_MS = 2_000;
const BUSY_MS = 250;
const HURRY_MS = 50;
/** Envoy's answer grows with the fleet, so it is asked so much more rarely that this takes at most a twentieth of the time. */
const REST_FACTOR = 20;
/** An endpoint that stays unhealthy is looked at anew after this. */
const DIAGNOSE_AGAIN_MS = 10_000;

/** Knows what Envoy thinks of the endpoints, and finds out why one is unhealthy. */
export class HealthMonitor {
  /** What Envoy said last. */
  health: ClusterHealth = new Map();
  /** Why an endpoint is unhealthy, by {@link diagnosisKey}. */
  readonly diagnoses = new Map<string, string>();
  readonly #options: { adminSocket: string; fleet: () => Fleet; log: Logger; onChange: () => void };
  readonly #diagnosedAtMs = new Map<string, number>();
  #timer: NodeJS.Timeout;
  #closed = false;
  #looking = false;
  #restMs = 0;
  #endedMs = 0;

  constructor(options: { adminSocket: string; fleet: () => Fleet; log: Logger; onChange: () => void }) {
    this.#options = options;
    this.#timer = setTimeout(() => void this.#look(), 0);
  }

  /** Asks soon, since something changed. */
  hurry(): void {
    if (!this.#looking) this.#lookIn(HURRY_MS);
  }

  /** Stops asking. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  async #look(): Promise<void> {
    const { adminSocket, fleet, onChange } = this.#options;
    this.#looking = true;
    const beganMs = performance.now();
    try {
      const health = await readClusterHealth(adminSocket);
      const changed = !isDeepStrictEqual(health, this.health);
      this.health = health;
      if (changed) onChange();
    } catch {
      // Envoy is starting, or ending; that it is not connected is told elsewhere.
      this.health = new Map();
    }
    this.#endedMs = performance.now();
    this.#restMs = (this.#endedMs - beganMs) * REST_FACTOR;
    const unwell = [...fleet().values()].flatMap((entry) => this.#unwell(entry));
    await Promise.all(
      unwell
        .filter(({ health }) => health === 'unhealthy')
        .map(({ entry, endpoint }) => this.#diagnose(entry, endpoint)),
    );
    this.#looking = false;
    this.#lookIn(unwell.length > 0 ? BUSY_MS : CALM_MS);
  }

  #lookIn(waitMs: number): void {
    clearTimeout(this.#timer);
    if (this.#closed) return;
    const restedMs = this.#endedMs + this.#restMs - performance.now();
    this.#timer = setTimeout(() => void this.#look(), Math.max(waitMs, restedMs));
  }

  #unwell(entry: FleetBackend) {
    const hosts = this.health.get(clusterName(entry.backend.name));
    return entry.endpoints.flatMap((endpoint) => {
      const health = hosts?.get(endpoint.address) ?? 'unknown';
      if (health !== 'unhealthy') this.#forget(diagnosisKey(entry.backend.name, endpoint.address));
      return health === 'healthy' || health === 'draining' ? [] : [{ entry, endpoint, health }];
    });
  }

  async #diagnose({ backend }: FleetBackend, endpoint: Endpoint): Promise<void> {
    const key = diagnosisKey(backend.name, endpoint.address);
    const sinceMs = performance.now() - (this.#diagnosedAtMs.get(key) ?? Number.NEGATIVE_INFINITY);
    if (sinceMs < DIAGNOSE_AGAIN_MS) return;
    this.#diagnosedAtMs.set(key, performance.now());
    const reason = await diagnose(backend, endpoint);
    if (this.diagnoses.get(key) === reason) return;
    this.diagnoses.set(key, reason);
    this.#options.log.warn({ backend: backend.name, endpoint: endpoint.id, reason }, 'unhealthy');
    this.#options.onChange();
  }

  #forget(key: string): void {
    this.diagnoses.delete(key);
    this.#diagnosedAtMs.delete(key);
  }
}
