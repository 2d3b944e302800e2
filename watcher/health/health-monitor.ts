import { isDeepStrictEqual } from 'node:util';
import { clusterName } from '../../core/registry/cluster-name.ts';
import type { Endpoint } from '../../core/registry/endpoint.ts';
import type { Fleet, FleetBackend } from '../../core/registry/fleet.ts';
import type { Logger } from '../../runtime/log.ts';
import { type ClusterHealth, readClusterHealth } from './cluster-health.ts';
import { diagnose } from './diagnose.ts';
import { diagnosisKey } from './status.ts';

/** Interval between requests to Envoy while all endpoints are healthy. */
const CALM_MS = 2_000;
/** The same while an endpoint is not healthy. */
const BUSY_MS = 250;
/** The same after something was published. */
const HURRY_MS = 50;
/** Envoy's answer grows with the fleet. A pause of this many times the length of a poll limits polling to a twentieth of the time. */
const REST_FACTOR = 20;
/** An endpoint that stays unhealthy is diagnosed again after this time. */
const DIAGNOSE_AGAIN_MS = 10_000;

/** Polls Envoy for the health of the endpoints, and diagnoses those that are unhealthy. */
export class HealthMonitor {
  /** What Envoy last reported; empty while it does not answer. */
  health: ClusterHealth = new Map();
  /** Why an endpoint is unhealthy, by {@link diagnosisKey}. */
  readonly diagnoses = new Map<string, string>();
  readonly #options: { adminSocket: string; fleet: () => Fleet; log: Logger; onChange: () => void };
  readonly #diagnosedAtMs = new Map<string, number>();
  #timer: NodeJS.Timeout;
  #closed = false;
  #polling = false;
  #restMs = 0;
  #endedMs = 0;

  constructor(options: { adminSocket: string; fleet: () => Fleet; log: Logger; onChange: () => void }) {
    this.#options = options;
    this.#timer = setTimeout(() => void this.#poll(), 0);
  }

  /** Polls again soon, because something changed. */
  hurry(): void {
    if (!this.#polling) this.#pollIn(HURRY_MS);
  }

  /** Stops polling. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  async #poll(): Promise<void> {
    const { adminSocket, fleet, onChange } = this.#options;
    this.#polling = true;
    const beganMs = performance.now();
    try {
      const health = await readClusterHealth(adminSocket);
      const changed = !isDeepStrictEqual(health, this.health);
      this.health = health;
      if (changed) onChange();
    } catch {
      // Envoy is starting or stopping. The status reports separately that it is not connected.
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
    this.#polling = false;
    this.#pollIn(unwell.length > 0 ? BUSY_MS : CALM_MS);
  }

  #pollIn(waitMs: number): void {
    clearTimeout(this.#timer);
    if (this.#closed) return;
    const restedMs = this.#endedMs + this.#restMs - performance.now();
    this.#timer = setTimeout(() => void this.#poll(), Math.max(waitMs, restedMs));
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
