import type { Cluster, Redis } from 'ioredis';
import { answerAt } from '../../../core/quota/bucket.ts';
import { bucketKey, tenantKey, tombstonesKey } from '../../../core/quota/keys.ts';
import type { LoanAnswer, LoanRequest } from '../../../core/quota/loan.ts';
import type { BucketAsk } from '../../../core/quota/plan.ts';
import type { SessionRef } from '../../../core/session/ended-record.ts';
import { CHARGE_SCRIPT, TAKE_SCRIPT } from './script.ts';
import type { QuotaStore, TakeOutcome, TakeRequest } from './store.ts';

const PROBE_LIFETIME_MS = 10_000;
const NO_SESSION: readonly SessionRef[] = [{ fingerprint: '', owner: '', issuedAtSeconds: 0 }];

/** Several requests of one tenant that ask the same of the same buckets. */
export interface SeveralRequest extends LoanRequest {
  readonly tenant: string;
  readonly asks: readonly BucketAsk[];
  /** The sessions whose tombstones to look for: those of the requests, and any others. */
  readonly sessions: readonly SessionRef[];
}

/** The outcome; `ended` if one of the sessions was ended, in which case nothing was debited. */
export type SeveralOutcome = ({ kind: 'taken'; levels: readonly number[] } & LoanAnswer) | { kind: 'ended' };

type Script = (...args: (string | number)[]) => Promise<number[]>;

function defineScript(redis: Redis | Cluster, name: string, lua: string): Script {
  redis.defineCommand(name, { lua });
  const command: unknown = Reflect.get(redis, name);
  if (typeof command !== 'function') throw new Error(`the script ${name} was not defined`);
  return command.bind(redis);
}

/** Buckets in Redis or Valkey, one server or a cluster, shared by all gateways. */
export class RedisStore implements QuotaStore {
  readonly #redis: Redis | Cluster;
  readonly #take: Script;
  readonly #charge: Script;

  constructor(redis: Redis | Cluster) {
    this.#redis = redis;
    this.#take = defineScript(redis, 'takeQuota', TAKE_SCRIPT);
    this.#charge = defineScript(redis, 'chargeQuota', CHARGE_SCRIPT);
  }

  /** Resolves if the tenant's node accepts writes; otherwise rejects. */
  async probe(tenant: string): Promise<void> {
    await this.#redis.set(tenantKey(tenant, 'probe'), '1', 'PX', PROBE_LIFETIME_MS);
  }

  /** Charges a bucket for requests that passed without asking Redis. */
  async charge(tenant: string, ask: BucketAsk): Promise<void> {
    await this.#charge(1, bucketKey(tenant, ask.key), ...numbersOf([ask]));
  }

  /** Gives back the part of a loan that was not used: `count` requests. */
  async giveBack(tenant: string, asks: readonly BucketAsk[], count: number): Promise<void> {
    const returned = asks.map((ask) => ({ ...ask, cost: -count * ask.cost }));
    await this.#charge(asks.length, ...keysOf(tenant, asks), ...numbersOf(returned));
  }

  /** Debits several requests in one round trip, as if they had come one after the other. */
  async takeSeveral({ tenant, asks, sessions, waiting, loan, outstanding }: SeveralRequest): Promise<SeveralOutcome> {
    const keys = keysOf(tenant, asks);
    // Also without a session: in a cluster, a script needs at least one key.
    const looked = sessions.length === 0 ? NO_SESSION : sessions;
    for (const { owner } of looked) keys.push(tombstonesKey(tenant, owner));
    const refs = looked.flatMap(({ fingerprint, issuedAtSeconds }) => [fingerprint, issuedAtSeconds]);
    const parts = [asks.length, ...numbersOf(asks), ...refs, waiting, loan, outstanding];
    const [passed = 0, , ...rest] = await this.#take(keys.length, ...keys, ...parts);
    if (passed === -1) return { kind: 'ended' };
    return { kind: 'taken', passed, levels: rest.slice(0, asks.length), loan: rest[asks.length] ?? 0 };
  }

  async take({ tenant, asks, session }: TakeRequest): Promise<TakeOutcome> {
    const sessions = session === undefined ? [] : [session];
    const outcome = await this.takeSeveral({ tenant, asks, sessions, waiting: 1, loan: 0, outstanding: 0 });
    if (outcome.kind === 'ended') return outcome;
    const allowed = outcome.passed === 1;
    const answers = asks.map(({ limit, cost }, index) =>
      answerAt(outcome.levels[index] ?? 0, limit, allowed ? 0 : cost),
    );
    return { kind: 'taken', taken: { allowed, answers } };
  }
}

function keysOf(tenant: string, asks: readonly BucketAsk[]): string[] {
  return asks.map(({ key }) => bucketKey(tenant, key));
}

function numbersOf(asks: readonly BucketAsk[]): number[] {
  return asks.flatMap(({ limit, cost }) => [limit.requests, limit.periodMs, limit.burst, cost]);
}
