import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { messageOf } from '../../core/errors.ts';
import type { Logger } from '../../runtime/log.ts';
import type { KubeClient } from './client.ts';
import { isApiError } from './errors.ts';
import type { Resource } from './resources.ts';

export const LEASES: Resource = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', plural: 'leases' };

/** Who leads, and how long that holds. */
export interface LeaseOptions {
  client: KubeClient;
  namespace: string;
  /** Of the Lease. */
  name: string;
  /** Of this process; no two may have the same one. */
  identity: string;
  /** Others wait so long for a sign of life before they take over. Whole seconds. Default 15,000 ms. */
  durationMs?: number;
  /** A leader that could not renew for so long stops leading; less than `durationMs`. Default 10,000 ms. */
  deadlineMs?: number;
  /** Between attempts. Default 2,000 ms. */
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

/** A time in which this process leads. */
export interface Term {
  /** Aborted when it ends. */
  readonly signal: AbortSignal;
  /** Whether it still leads by its own clock. It is asked before each write, since a process may have been stopped for a while. */
  holds(): boolean;
  /** Gives the lease back, so that the next one need not wait. Only once nothing is written any more. */
  release(): Promise<void>;
}

/**
 * Election of one leader by a Lease, as all of Kubernetes does it: whoever holds it renews it; whoever wants it waits until it was
 * not renewed for its whole duration, by their own clock. A leader stops by itself some seconds before that.
 */
export class LeaderElection {
  readonly #options: Required<LeaseOptions>;
  /** The lease of somebody else as it was last seen, and when that was new. */
  #seen: { version: string; atMs: number } | undefined;

  constructor(options: LeaseOptions) {
    this.#options = { durationMs: 15_000, deadlineMs: 10_000, retryMs: 2_000, ...options };
  }

  /** Waits until this process leads; undefined when the signal came first. */
  async lead(signal: AbortSignal): Promise<Term | undefined> {
    const { log, retryMs } = this.#options;
    let told: string | undefined;
    while (!signal.aborted) {
      const askedAtMs = performance.now();
      try {
        const holder = await this.#take(signal);
        if (holder === undefined) return this.#term(askedAtMs);
        if (told !== holder) log.info({ leader: holder }, 'another operator leads; this one stands by');
        told = holder;
      } catch (error) {
        const reason = messageOf(error);
        if (!signal.aborted && told !== reason) log.warn({ reason }, 'the lease cannot be had at the moment');
        told = reason;
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
        if (held) await this.#giveBack();
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
      // It was stopped for so long that somebody else may lead by now.
      if (leftMs <= 0) return ending.abort();
      try {
        // No attempt lasts beyond the deadline, so that the end is noticed in time.
        const holder = await this.#take(AbortSignal.any([signal, AbortSignal.timeout(leftMs)]));
        if (holder !== undefined) {
          log.warn({ leader: holder }, 'another operator took the lease');
          return ending.abort();
        }
        state.renewedMs = atMs;
      } catch (error) {
        if (!signal.aborted) log.warn({ reason: messageOf(error) }, 'the lease could not be renewed');
      }
    }
  }

  /** Takes or renews the lease. Gives the holder where it is somebody else, undefined where it is this process now. */
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

  // Somebody was faster: who it is, the next look tells.
  async #settle(writing: Promise<unknown>): Promise<string | undefined> {
    try {
      await writing;
      return undefined;
    } catch (error) {
      if (isApiError(error, 'conflict', 'already-exists')) return 'somebody else';
      throw error;
    }
  }

  #isFree({ metadata: { resourceVersion }, spec }: Lease): boolean {
    if ((spec.holderIdentity ?? '') === '') return true;
    const nowMs = performance.now();
    if (this.#seen?.version !== resourceVersion) this.#seen = { version: resourceVersion, atMs: nowMs };
    return nowMs - this.#seen.atMs >= (spec.leaseDurationSeconds ?? 0) * 1000;
  }

  async #giveBack(): Promise<void> {
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
      log.warn({ reason: messageOf(error) }, 'the lease could not be given back; it will run out');
    }
  }
}
