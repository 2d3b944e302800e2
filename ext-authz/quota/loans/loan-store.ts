import { setNewest } from '../../../core/newest.ts';
import { answerAt } from '../../../core/quota/bucket.ts';
import type { BucketAsk } from '../../../core/quota/plan.ts';
import type { SessionRef } from '../../../core/session/ended-record.ts';
import type { RedisStore } from '../store/redis-store.ts';
import type { QuotaStore, TakeOutcome, TakeRequest } from '../store/store.ts';
import { LOAN_MS, Loan, type Outstanding } from './loan.ts';
import { RecentSessions } from './recent-sessions.ts';

/** Maximum time that a request waits for the answer to earlier requests of its group, in milliseconds. */
const PATIENCE_MS = 2;
/** Maximum number of requests in one call of Redis. */
const MAX_BATCH = 256;
const MAX_GROUPS = 10_000;
const MAX_SESSIONS = 10_000;

interface Waiting {
  readonly session: SessionRef | undefined;
  readonly resolve: (outcome: TakeOutcome) => void;
  readonly reject: (error: unknown) => void;
}

/** Requests of one tenant that ask the same of the same buckets. */
interface Group {
  readonly tenant: string;
  readonly loan: Loan;
  waiting: Waiting[];
  /** Calls of Redis without an answer yet. */
  asking: number;
  timer: NodeJS.Timeout | undefined;
  readonly sessions: RecentSessions;
}

/**
 * Asks Redis for several requests at once: requests that arrive while a call for their group is under way wait for its answer, then share
 * the next call. When a group has many requests and its buckets hold much more, the store takes a loan for requests to come and answers
 * these from memory. A loan is debited when it is made, so nothing is spent twice; what is not used within {@link LOAN_MS} is given back.
 * See decision 037.
 */
export class LoanStore implements QuotaStore {
  readonly #redis: Pick<RedisStore, 'take' | 'takeSeveral' | 'giveBack'>;
  readonly #now: () => number;
  readonly #groups = new Map<string, Group>();
  readonly #keys = new WeakMap<readonly BucketAsk[], { tenant: string; key: string }>();
  readonly #outstanding = new Map<string, Outstanding>();
  /** Fingerprints of sessions that had no tombstone, with the time when Redis was asked. */
  readonly #alive = new Map<string, number>();
  readonly #withLoans = new Set<Group>();
  #sweep: NodeJS.Timeout | undefined;

  /** @param now milliseconds of a monotonic clock */
  constructor(
    redis: Pick<RedisStore, 'take' | 'takeSeveral' | 'giveBack'>,
    now: () => number = () => performance.now(),
  ) {
    this.#redis = redis;
    this.#now = now;
  }

  takeNow({ tenant, asks, session }: TakeRequest): TakeOutcome | undefined {
    const group = this.#groups.get(this.#keyOf(tenant, asks));
    if (group === undefined || group.loan.left === 0) return undefined;
    const nowMs = this.#now();
    if (!group.loan.isGood(nowMs) || !this.#isAlive(session, nowMs)) return undefined;
    group.loan.hit(nowMs);
    return this.#fromLoan(group, session, nowMs);
  }

  take(request: TakeRequest): Promise<TakeOutcome> {
    const outcome = this.takeNow(request);
    if (outcome !== undefined) return Promise.resolve(outcome);
    const { tenant, asks, session } = request;
    const group = this.#groupOf(tenant, asks);
    const nowMs = this.#now();
    // A request of a session that is not recent must ask Redis about its tombstone, so a loan could not serve it.
    if (this.#isAlive(session, nowMs) || (session !== undefined && group.sessions.has(session))) group.loan.hit(nowMs);
    return new Promise((resolve, reject) => {
      group.waiting.push({ session, resolve, reject });
      if (group.asking === 0) this.#ask(group);
      else group.timer ??= setTimeout(() => this.#ask(group), PATIENCE_MS);
    });
  }

  /** Gives all loans back. */
  close(): void {
    clearTimeout(this.#sweep);
    for (const group of this.#withLoans) this.#end(group);
  }

  #ask(group: Group): void {
    clearTimeout(group.timer);
    group.timer = undefined;
    const nowMs = this.#now();
    if (group.loan.left > 0 && !group.loan.isGood(nowMs)) this.#end(group);
    const batch = group.waiting.splice(0, MAX_BATCH);
    if (batch.length === 0) return;
    group.asking += 1;
    void this.#askFor(group, batch, nowMs)
      .catch((error: unknown) => {
        // Requests that arrived in the meantime have waited as long as they may.
        for (const { reject } of [...batch, ...group.waiting.splice(0)]) reject(error);
      })
      .finally(() => {
        group.asking -= 1;
        this.#serve(group);
      });
  }

  async #askFor(group: Group, batch: readonly Waiting[], askedMs: number): Promise<void> {
    const { tenant, loan } = group;
    const { outstanding } = loan;
    const expected = loan.left > 0 || outstanding.requested ? 0 : loan.expected;
    const own = unique(batch.flatMap(({ session }) => session ?? []));
    const sessions = expected > 0 ? unique([...own, ...group.sessions.all(askedMs)]) : own;
    const request = { tenant, asks: loan.asks, sessions, waiting: batch.length, loan: expected };
    if (expected > 0) outstanding.requested = true;
    const outcome = await this.#redis.takeSeveral({ ...request, outstanding: outstanding.cost }).finally(() => {
      if (expected > 0) outstanding.requested = false;
    });
    if (outcome.kind === 'ended') return this.#askForEach(group, batch, sessions);
    for (const session of sessions) this.#noteAlive(session, askedMs);
    for (const session of own) group.sessions.note(session, askedMs);
    const { passed, levels } = outcome;
    const nowMs = this.#now();
    loan.record(levels, outcome.loan, askedMs, nowMs);
    if (outcome.loan > 0) this.#watch(group);
    const denied = loan.asks.map(({ limit, cost }, index) => answerAt(levels[index] ?? 0, limit, cost));
    batch.forEach(({ resolve }, index) => {
      const allowed = index < passed;
      const answers = allowed ? loan.answers(loan.left + passed - 1 - index, nowMs) : denied;
      resolve({ kind: 'taken', taken: { allowed, answers } });
    });
  }

  // One of the sessions was ended, so Redis debited nothing.
  async #askForEach(group: Group, batch: readonly Waiting[], sessions: readonly SessionRef[]): Promise<void> {
    const { tenant, loan } = group;
    const [only, ...others] = sessions;
    for (const session of sessions) {
      this.#alive.delete(session.fingerprint);
      group.sessions.forget(session);
    }
    const ended: TakeOutcome = { kind: 'ended' };
    const alone = others.length === 0 && batch.every(({ session }) => session?.fingerprint === only?.fingerprint);
    const answer = async ({ session, resolve }: Waiting) => {
      const request = { tenant, asks: loan.asks, session };
      resolve(alone ? ended : await this.#redis.take(request));
    };
    await Promise.all(batch.map(answer));
  }

  // Answers requests that arrived while Redis was asked.
  #serve(group: Group): void {
    const nowMs = this.#now();
    const waiting = group.waiting.splice(0);
    for (const one of waiting) {
      const served = group.loan.isGood(nowMs) && this.#isAlive(one.session, nowMs);
      if (served) one.resolve(this.#fromLoan(group, one.session, nowMs));
      else group.waiting.push(one);
    }
    if (group.waiting.length > 0 && group.asking === 0) this.#ask(group);
  }

  #fromLoan(group: Group, session: SessionRef | undefined, nowMs: number): TakeOutcome {
    if (session !== undefined) group.sessions.note(session, nowMs);
    return { kind: 'taken', taken: group.loan.use(nowMs) };
  }

  #isAlive(session: SessionRef | undefined, nowMs: number): boolean {
    return (
      session === undefined || nowMs - (this.#alive.get(session.fingerprint) ?? Number.NEGATIVE_INFINITY) < LOAN_MS
    );
  }

  #noteAlive({ fingerprint }: SessionRef, askedMs: number): void {
    setNewest(this.#alive, fingerprint, askedMs, MAX_SESSIONS);
  }

  #watch(group: Group): void {
    this.#withLoans.add(group);
    this.#sweep ??= setTimeout(() => {
      this.#sweep = undefined;
      const nowMs = this.#now();
      for (const one of this.#withLoans) {
        if (one.loan.isGood(nowMs)) this.#watch(one);
        else this.#end(one);
      }
    }, LOAN_MS).unref();
  }

  #end(group: Group): void {
    this.#withLoans.delete(group);
    const unused = group.loan.end();
    // If this fails, the tenant loses what is left of the loan.
    if (unused > 0) void this.#redis.giveBack(group.tenant, group.loan.asks, unused).catch(() => undefined);
  }

  #groupOf(tenant: string, asks: readonly BucketAsk[]): Group {
    const key = this.#keyOf(tenant, asks);
    const known = this.#groups.get(key);
    if (known !== undefined) return known;
    const outstanding = this.#outstanding.get(tenant) ?? { cost: 0, requested: false };
    setNewest(this.#outstanding, tenant, outstanding, MAX_GROUPS);
    const loan = new Loan(asks, outstanding);
    const group: Group = { tenant, loan, waiting: [], asking: 0, timer: undefined, sessions: new RecentSessions() };
    // A group that drops out of the map still answers the requests that wait in it.
    setNewest(this.#groups, key, group, MAX_GROUPS);
    return group;
  }

  #keyOf(tenant: string, asks: readonly BucketAsk[]): string {
    const known = this.#keys.get(asks);
    if (known?.tenant === tenant) return known.key;
    const parts = asks.map(
      ({ key, limit, cost }) => `${key} ${limit.requests} ${limit.periodMs} ${limit.burst} ${cost}`,
    );
    const key = [tenant, ...parts].join('/');
    this.#keys.set(asks, { tenant, key });
    return key;
  }
}

function unique(sessions: readonly SessionRef[]): SessionRef[] {
  return [...new Map(sessions.map((session) => [session.fingerprint, session])).values()];
}
