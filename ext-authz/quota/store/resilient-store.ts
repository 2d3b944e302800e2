import { messageOf } from '../../../core/errors.ts';
import type { Logger } from '../../../runtime/log.ts';
import type { RedisConnection } from '../../../runtime/redis.ts';
import { type DeferredCharge, DeferredCharges } from './deferred-charges.ts';
import type { RedisStore } from './redis-store.ts';
import type { ShareStore } from './share-store.ts';
import type { QuotaStore, TakeOutcome, TakeRequest } from './store.ts';

/** How long Redis is left alone after a failure, before it is tried again. */
const WINDOW_MS = 1_000;
/** How long the first connection may take before it is said that there is none. */
const START_GRACE_MS = 2_000;
/** Charges under way at once. */
const CHARGES = 100;
/** What is let pass while charges are charged is charged in further rounds, as long as there is much of it. */
const CHARGE_ROUNDS = 5;

/** What a resilient store is made of. */
export interface ResilientOptions {
  redis: Pick<QuotaStore, 'take' | 'takeNow'> & Pick<RedisStore, 'charge' | 'probe'>;
  connection: Pick<RedisConnection, 'ready' | 'problem' | 'lostWith' | 'onChange'>;
  /** Gives out requests while Redis cannot; undefined: they are refused. */
  share: ShareStore | undefined;
  /** Longest wait of a request for a connection, in milliseconds. */
  deadlineMs: number;
  log: Logger;
}

/** No quota can be asked for, and none is given out without. */
export class QuotaUnavailable extends Error {
  override readonly name = 'QuotaUnavailable';
}

/**
 * `connecting`: there is no connection yet, or not any more, and nothing was said about it; requests wait for it, but no longer than the
 * deadline, and only the first ones. `up`: Redis is asked. `down`: it failed, and no request waits for it until it has taken a write.
 */
type State = 'connecting' | 'up' | 'down';

/**
 * Asks Redis, and does without it while it fails. What was let pass meanwhile is then charged to it, as far as it is not yet refilled, so
 * that nobody has a second burst.
 */
export class ResilientStore implements QuotaStore {
  readonly #options: ResilientOptions;
  readonly #deferred = new DeferredCharges();
  /** Of requests since Redis was asked last: their nodes must all be back. */
  readonly #tenants = new Set<string>();
  #state: State = 'connecting';
  #connected = Promise.withResolvers<void>();
  /** Settles when requests need not wait for the connection any more. */
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
      // While it is down the retries are enough: a server that refuses writes is connected to over and over.
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
        this.#mustBeReady();
        return await this.#options.redis.take(request);
      } catch (error) {
        // Nobody knows whether it was debited; it counts as if it was not.
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

  /** Stops trying. */
  close(): void {
    this.#closed = true;
    this.#connected.resolve();
    clearTimeout(this.#grace);
    clearTimeout(this.#retry);
  }

  #mustBeReady(): void {
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
    const then = share === undefined ? 'what has a quota is refused' : 'each process gives out its share';
    log.error({ reason: connection.problem ?? reason }, `quotas: Redis fails; until it is back, ${then}`);
    this.#tryLater();
  }

  #tryLater(): void {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => void this.#try(), WINDOW_MS);
  }

  /** Charges the charges, then asks Redis again. */
  async #try(): Promise<void> {
    if (this.#trying || this.#closed || this.#state === 'up') return;
    this.#trying = true;
    let charged = 0;
    try {
      this.#mustBeReady();
      // A tenant of a cluster is back when its own node is.
      await Promise.all([...this.#tenants].map((tenant) => this.#options.redis.probe(tenant)));
      for (let round = 0; round < CHARGE_ROUNDS && this.#deferred.size > 0; round += 1) charged += await this.#charge();
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

  /** Charges all charges there are; those that cannot be charged stay. */
  async #charge(): Promise<number> {
    const deferred = this.#deferred.collect();
    let failure: { error: unknown } | undefined;
    for (let from = 0; from < deferred.length; from += CHARGES) {
      const work = deferred.slice(from, from + CHARGES).map(async (charge) => {
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
