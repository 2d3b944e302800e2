import { messageOf } from '../../../core/errors.ts';
import type { Logger } from '../../../runtime/log.ts';
import type { RedisConnection } from '../../../runtime/redis.ts';
import { type DeferredCharge, DeferredCharges } from './deferred-charges.ts';
import type { RedisStore } from './redis-store.ts';
import type { ShareStore } from './share-store.ts';
import type { QuotaStore, TakeOutcome, TakeRequest } from './store.ts';

/** Time between attempts to reach Redis after a failure. */
const RETRY_MS = 1_000;
/** Time for the first connection, after which Redis counts as failed. */
const START_GRACE_MS = 2_000;
/** Maximum number of concurrent charges. */
const MAX_CONCURRENT_CHARGES = 100;
/** Requests that pass during a round of charges need another round; this is the maximum before Redis is used again. */
const MAX_CHARGE_ROUNDS = 5;

/** The parts of a resilient store. */
export interface ResilientOptions {
  redis: Pick<QuotaStore, 'take' | 'takeNow'> & Pick<RedisStore, 'charge' | 'probe'>;
  connection: Pick<RedisConnection, 'ready' | 'problem' | 'lostWith' | 'onChange'>;
  /** Decides while Redis fails; undefined: requests are denied then. */
  share: ShareStore | undefined;
  /** Longest wait of a request for a connection, in milliseconds. */
  deadlineMs: number;
  log: Logger;
}

/** Redis cannot be asked, and the settings allow no requests without it. */
export class QuotaUnavailable extends Error {
  override readonly name = 'QuotaUnavailable';
}

/**
 * `connecting`: the connection is not there yet or was lost, which is not logged; requests wait for it until the deadline, after which
 * further requests do not wait. `up`: Redis is asked. `down`: Redis failed, and requests do not wait for it until it has accepted a write.
 */
type State = 'connecting' | 'up' | 'down';

/**
 * Asks Redis, and uses the share while Redis fails. Once it is back, it is charged for the requests that passed in the meantime, except for
 * what has refilled by then, so that a tenant does not get a second burst.
 */
export class ResilientStore implements QuotaStore {
  readonly #options: ResilientOptions;
  readonly #deferred = new DeferredCharges();
  /** Tenants with requests since Redis was last asked. The Redis nodes of all of them must be back. */
  readonly #tenants = new Set<string>();
  #state: State = 'connecting';
  #connected = Promise.withResolvers<void>();
  /** Resolves when requests need not wait for the connection any more. */
  #waited: Promise<void> | undefined;
  #grace: NodeJS.Timeout | undefined;
  #retry: NodeJS.Timeout | undefined;
  #trying = false;
  #closed = false;

  constructor(options: ResilientOptions) {
    this.#options = options;
    const { connection } = options;
    this.#connecting(START_GRACE_MS);
    connection.onChange((ready) => {
      // While Redis is down, the retries are enough: connections to a server that rejects writes come and go.
      if (ready && this.#state === 'connecting') void this.#try();
      if (!ready && this.#state === 'up') this.#connecting(options.deadlineMs);
    });
    if (connection.ready) void this.#try();
  }

  /** Whether Redis is asked. */
  get healthy(): boolean {
    return this.#state === 'up';
  }

  takeNow(request: TakeRequest): TakeOutcome | undefined {
    const { redis, connection } = this.#options;
    return this.#state === 'up' && connection.ready ? redis.takeNow?.(request) : undefined;
  }

  async take(request: TakeRequest): Promise<TakeOutcome> {
    if (this.#state === 'connecting') await this.#wait();
    if (this.#state === 'up') {
      try {
        this.#requireConnection();
        return await this.#options.redis.take(request);
      } catch (error) {
        // Whether Redis debited the request is unknown; treat it as not debited.
        const { connection, deadlineMs } = this.#options;
        if (!connection.lostWith(error)) this.#trip(messageOf(error));
        else if (this.healthy) this.#connecting(deadlineMs);
      }
    }
    const { share } = this.#options;
    this.#tenants.add(request.tenant);
    if (share === undefined) throw new QuotaUnavailable('Redis cannot be asked');
    const outcome = await share.take(request);
    if (outcome.kind === 'taken' && outcome.taken.allowed) this.#deferred.note(request);
    return outcome;
  }

  /** Stops all attempts. */
  close(): void {
    this.#closed = true;
    this.#connected.resolve();
    clearTimeout(this.#grace);
    clearTimeout(this.#retry);
  }

  #requireConnection(): void {
    if (!this.#options.connection.ready) throw new Error('there is no connection');
  }

  #connecting(graceMs: number): void {
    if (this.#closed) return;
    this.#state = 'connecting';
    this.#connected = Promise.withResolvers();
    this.#waited = undefined;
    this.#grace = setTimeout(() => this.#trip('there is no connection'), graceMs);
  }

  #wait(): Promise<void> {
    this.#waited ??= new Promise((resolve) => {
      const timer = setTimeout(resolve, this.#options.deadlineMs);
      void this.#connected.promise.then(() => {
        clearTimeout(timer);
        resolve();
      });
    });
    return this.#waited;
  }

  #trip(reason: string): void {
    if (this.#state === 'down' || this.#closed) return;
    this.#state = 'down';
    clearTimeout(this.#grace);
    this.#connected.resolve();
    const { connection, log, share } = this.#options;
    const then = share === undefined ? 'requests that have a quota are denied' : 'each process gives out its share';
    log.error({ reason: connection.problem ?? reason }, `quotas: Redis fails; until it is back, ${then}`);
    this.#tryLater();
  }

  #tryLater(): void {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => void this.#try(), RETRY_MS);
  }

  /** Makes the deferred charges, then uses Redis again. */
  async #try(): Promise<void> {
    if (this.#trying || this.#closed || this.#state === 'up') return;
    this.#trying = true;
    let charged = 0;
    try {
      this.#requireConnection();
      // In a cluster, each tenant needs its own node.
      await Promise.all([...this.#tenants].map((tenant) => this.#options.redis.probe(tenant)));
      for (let round = 0; round < MAX_CHARGE_ROUNDS && this.#deferred.size > 0; round += 1)
        charged += await this.#charge();
      this.#up(charged);
      await this.#charge();
    } catch (error) {
      if (this.#state === 'down' && !this.#closed) this.#tryLater();
      else if (!this.#options.connection.lostWith(error)) this.#trip(messageOf(error));
    } finally {
      this.#trying = false;
    }
  }

  #up(charged: number): void {
    if (this.#closed) return;
    if (this.#state === 'down') this.#options.log.info({ charged }, 'quotas: Redis is back');
    this.#state = 'up';
    this.#tenants.clear();
    clearTimeout(this.#grace);
    clearTimeout(this.#retry);
    this.#connected.resolve();
  }

  /** Makes all deferred charges. Those that fail stay deferred. */
  async #charge(): Promise<number> {
    const deferred = this.#deferred.collect();
    let failure: { error: unknown } | undefined;
    for (let from = 0; from < deferred.length; from += MAX_CONCURRENT_CHARGES) {
      const work = deferred.slice(from, from + MAX_CONCURRENT_CHARGES).map(async (charge) => {
        try {
          if (failure === undefined) return await this.#chargeOne(charge);
        } catch (error) {
          failure = { error };
        }
        this.#deferred.note({ tenant: charge.tenant, asks: [charge.ask] });
      });
      await Promise.all(work);
    }
    if (failure !== undefined) throw failure.error;
    return deferred.length;
  }

  async #chargeOne({ tenant, ask }: DeferredCharge): Promise<void> {
    const { redis, share } = this.#options;
    const cost = Math.min(ask.cost, share?.used(tenant, ask) ?? 0);
    if (cost > 0) await redis.charge(tenant, { ...ask, cost });
  }
}
