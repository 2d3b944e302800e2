import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { messageOf } from '../../core/errors.ts';
import type { Logger } from '../../runtime/log.ts';
import type { KubeClient } from './client.ts';
import { isApiError } from './errors.ts';
import type { Resource } from './resources.ts';

const LEASES: Resource = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', plural: 'leases' };

/** Options of a leader election. */
export interface LeaderElectionOptions {
  client: KubeClient;
  namespace: string;
  /** Name of the Lease object. */
  name: string;
  /** Identity of this process. It must be unique among the candidates. */
  identity: string;
  /** How long the lease must be unchanged before another candidate takes over. Whole seconds. Default 15,000 ms. */
  durationMs?: number;
  /** A leader that could not renew the lease for this long stops leading. Less than `durationMs`. Default 10,000 ms. */
  deadlineMs?: number;
  /** Pause between attempts. Default 2,000 ms. */
  retryMs?: number;
  log: Logger;
}

const lease = z.object({
  metadata: z.object({ resourceVersion: z.string() }),
  spec: z
    .object({
      holderIdentity: z.string().nullish(),
      leaseDurationSeconds: z.number().nullish(),
      renewTime: z.string().nullish(),
      acquireTime: z.string().nullish(),
      leaseTransitions: z.number().nullish(),
    })
    .prefault({}),
});

type Lease = z.output<typeof lease>;

/** A leadership term: the time in which this process leads. */
export interface Term {
  /** Aborted when the term ends. */
  readonly signal: AbortSignal;
  /** Whether the process still leads by its own clock. Check it before each write, since the process may have been suspended. */
  holds(): boolean;
  /** Releases the lease, so that the next leader need not wait. Call it only after the last write. */
  release(): Promise<void>;
}

/**
 * Leader election over a `coordination.k8s.io` Lease, as in client-go: a candidate takes over once the lease has not changed for its
 * whole duration by the candidate's own clock. A leader that cannot renew the lease stops some seconds before that.
 * See decision 026.
 */
export class LeaderElection {
  readonly #options: Required<LeaderElectionOptions>;
  /** Version of another holder's lease, and when this process first saw it. */
  #seen: { version: string; atMs: number } | undefined;

  constructor(options: LeaderElectionOptions) {
    this.#options = { durationMs: 15_000, deadlineMs: 10_000, retryMs: 2_000, ...options };
  }

  /** Waits until this process leads; undefined if the signal is aborted first. */
  async lead(signal: AbortSignal): Promise<Term | undefined> {
    const { log, retryMs } = this.#options;
    let logged: string | undefined;
    while (!signal.aborted) {
      const askedAtMs = performance.now();
      try {
        const holder = await this.#take(signal);
        if (holder === undefined) return this.#term(askedAtMs);
        if (logged !== holder) log.info({ leader: holder }, 'another operator leads; standing by');
        logged = holder;
      } catch (error) {
        const reason = messageOf(error);
        if (!signal.aborted && logged !== reason) log.warn({ reason }, 'the lease cannot be read or taken; retrying');
        logged = reason;
      }
      await sleep(retryMs * (1 + Math.random() * 0.2), undefined, { signal }).catch(() => undefined);
    }
    return undefined;
  }

  #term(beganMs: number): Term {
    const { deadlineMs } = this.#options;
    const ending = new AbortController();
    const state = { renewedMs: beganMs };
    const holds = () => !ending.signal.aborted && performance.now() - state.renewedMs < deadlineMs;
    const renewing = this.#renew(ending, state);
    return {
      signal: ending.signal,
      holds,
      release: async () => {
        const held = holds();
        ending.abort();
        await renewing;
        if (held) await this.#release();
      },
    };
  }

  async #renew(ending: AbortController, state: { renewedMs: number }): Promise<void> {
    const { signal } = ending;
    const { retryMs, deadlineMs, log } = this.#options;
    while (!signal.aborted) {
      await sleep(retryMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      const atMs = performance.now();
      const leftMs = Math.ceil(state.renewedMs + deadlineMs - atMs);
      // The process was suspended for so long that another one may lead by now.
      if (leftMs <= 0) return ending.abort();
      try {
        // No attempt lasts beyond the deadline, so the term ends in time.
        const holder = await this.#take(AbortSignal.any([signal, AbortSignal.timeout(leftMs)]));
        if (holder !== undefined) {
          log.warn({ leader: holder }, 'another operator took the lease; this one stops leading');
          return ending.abort();
        }
        state.renewedMs = atMs;
      } catch (error) {
        if (!signal.aborted)
          log.warn({ reason: messageOf(error) }, 'the lease could not be renewed; retrying until the deadline');
      }
    }
  }

  /** Takes or renews the lease. Returns the holder if it is another process, and undefined if it is this one. */
  async #take(signal: AbortSignal): Promise<string | undefined> {
    const { client, namespace, name, identity, durationMs } = this.#options;
    const found = await client
      .ask({ verb: 'get', resource: LEASES, namespace, name, signal })
      .catch((error: unknown) => {
        if (isApiError(error, 'not-found')) return undefined;
        throw error;
      });
    const now = `${new Date().toISOString().slice(0, -1)}000Z`;
    const spec = { holderIdentity: identity, leaseDurationSeconds: Math.ceil(durationMs / 1000), renewTime: now };
    const body = { apiVersion: LEASES.apiVersion, kind: LEASES.kind };
    if (found === undefined) {
      const made = { ...body, metadata: { name, namespace }, spec: { ...spec, acquireTime: now, leaseTransitions: 0 } };
      return this.#settle(client.ask({ verb: 'create', resource: LEASES, namespace, body: made, signal }));
    }
    const known = lease.parse(found);
    const isOwn = known.spec.holderIdentity === identity;
    if (!isOwn && !this.#isFree(known)) return known.spec.holderIdentity ?? '';
    const transitions = known.spec.leaseTransitions ?? 0;
    const terms = isOwn
      ? { acquireTime: known.spec.acquireTime ?? now, leaseTransitions: transitions }
      : { acquireTime: now, leaseTransitions: transitions + 1 };
    const { resourceVersion } = known.metadata;
    const taken = { ...body, metadata: { name, namespace, resourceVersion }, spec: { ...spec, ...terms } };
    return this.#settle(client.ask({ verb: 'update', resource: LEASES, namespace, name, body: taken, signal }));
  }

  // Another candidate was faster. The next attempt reads its identity.
  async #settle(writing: Promise<unknown>): Promise<string | undefined> {
    try {
      await writing;
      return undefined;
    } catch (error) {
      if (isApiError(error, 'conflict', 'already-exists')) return 'another candidate';
      throw error;
    }
  }

  #isFree({ metadata: { resourceVersion }, spec }: Lease): boolean {
    if ((spec.holderIdentity ?? '') === '') return true;
    const nowMs = performance.now();
    if (this.#seen?.version !== resourceVersion) this.#seen = { version: resourceVersion, atMs: nowMs };
    return nowMs - this.#seen.atMs >= (spec.leaseDurationSeconds ?? 0) * 1000;
  }

  async #release(): Promise<void> {
    const { client, namespace, name, identity, log } = this.#options;
    try {
      const known = lease.parse(await client.get(LEASES, { namespace, name }));
      if (known.spec.holderIdentity !== identity) return;
      const spec = { ...known.spec, holderIdentity: '', leaseDurationSeconds: 1 };
      const { resourceVersion } = known.metadata;
      const body = {
        apiVersion: LEASES.apiVersion,
        kind: LEASES.kind,
        metadata: { name, namespace, resourceVersion },
        spec,
      };
      await client.update(LEASES, { namespace, name }, body);
    } catch (error) {
      log.warn({ reason: messageOf(error) }, 'the lease could not be released; the next leader waits until it expires');
    }
  }
}
