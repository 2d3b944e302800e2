import { setNewest } from '../../../core/newest.ts';
import { answerAt } from '../../../core/quota/bucket.ts';
import type { BucketAsk } from '../../../core/quota/plan.ts';
import type { RedisStore } from '../store/redis-store.ts';
import type { QuotaStore, TakeOutcome, TakeRequest } from '../store/store.ts';
import { type Held, LOAN_MS, Loan } from './loans.ts';
import { RecentSessions } from './recent-sessions.ts';

/** A request waits no longer than this for the answer to those before it. */
const PATIENCE_MS = 2;
/** Most requests that are asked about at once. */
const MAX_BATCH = 256;
const MAX_LINES = 10_000;
const MAX_SESSIONS = 10_000;

interface Waiting {
  readonly session: string | undefined;
  readonly resolve: (outcome: TakeOutcome) => void;
  readonly reject: (error: unknown) => void;
}

/** Requests of a tenant that all ask the same. */
interface Line {
  readonly tenant: string;
  readonly loan: Loan;
  waiting: Waiting[];
  /** Questions to Redis that are under way. */
  asking: number;
  timer: NodeJS.Timeout | undefined;
  readonly sessions: RecentSessions;
}

/**
 * Asks Redis for several requests at once: those that come while it is asked about others of their kind wait for that answer, and then are
 * asked about together. Where many of a kind come and their buckets hold much more, it borrows some for those that are to come, and
 * answers these from memory. A loan is debited when it is given, so that nobody can take it twice; what is not used within
 * {@link LOAN_MS} is given back.
 */
export class LendingStore implements QuotaStore {
  readonly #redis: Pick<RedisStore, 'take' | 'takeSeveral' | 'giveBack'>;
  readonly #now: () => number;
  readonly #lines = new Map<string, Line>();
  readonly #keys = new WeakMap<readonly BucketAsk[], { tenant: string; key: string }>();
  readonly #held = new Map<string, Held>();
  /** Sessions that had no tombstone, with the time at which Redis was asked. */
  readonly #alive = new Map<string, number>();
  readonly #lending = new Set<Line>();
  #sweep: NodeJS.Timeout | undefined;

  /** @param now milliseconds on a steady clock */
  constructor(
    redis: Pick<RedisStore, 'take' | 'takeSeveral' | 'giveBack'>,
    now: () => number = () => performance.now(),
  ) {
    this.#redis = redis;
    this.#now = now;
  }

  takeNow({ tenant, asks, sessionFingerprint: session }: TakeRequest): TakeOutcome | undefined {
    const line = this.#lines.get(this.#keyOf(tenant, asks));
    if (line === undefined || line.loan.left === 0) return undefined;
    const nowMs = this.#now();
    if (!line.loan.isGood(nowMs) || !this.#isAlive(session, nowMs)) return undefined;
    line.loan.hit(nowMs);
    return this.#fromLoan(line, session, nowMs);
  }

  take(request: TakeRequest): Promise<TakeOutcome> {
    const outcome = this.takeNow(request);
    if (outcome !== undefined) return Promise.resolve(outcome);
    const { tenant, asks, sessionFingerprint: session } = request;
    const line = this.#lineOf(tenant, asks);
    const nowMs = this.#now();
    // Of a session that is seldom heard of, each request has to ask.
    if (this.#isAlive(session, nowMs) || (session !== undefined && line.sessions.has(session))) line.loan.hit(nowMs);
    return new Promise((resolve, reject) => {
      line.waiting.push({ session, resolve, reject });
      if (line.asking === 0) this.#ask(line);
      else line.timer ??= setTimeout(() => this.#ask(line), PATIENCE_MS);
    });
  }

  /** Gives all loans back. */
  close(): void {
    clearTimeout(this.#sweep);
    for (const line of this.#lending) this.#end(line);
  }

  #ask(line: Line): void {
    clearTimeout(line.timer);
    line.timer = undefined;
    const nowMs = this.#now();
    if (line.loan.left > 0 && !line.loan.isGood(nowMs)) this.#end(line);
    const batch = line.waiting.splice(0, MAX_BATCH);
    if (batch.length === 0) return;
    line.asking += 1;
    void this.#askFor(line, batch, nowMs)
      .catch((error: unknown) => {
        // Those that came meanwhile have waited as long as they may.
        for (const { reject } of [...batch, ...line.waiting.splice(0)]) reject(error);
      })
      .finally(() => {
        line.asking -= 1;
        this.#serve(line);
      });
  }

  async #askFor(line: Line, batch: readonly Waiting[], askedMs: number): Promise<void> {
    const { tenant, loan } = line;
    const { held } = loan;
    const lend = loan.left > 0 || held.asked ? 0 : loan.wanted;
    const own = new Set(batch.flatMap(({ session }) => session ?? []));
    const sessions = new Set([...own, ...(lend > 0 ? line.sessions.all(askedMs) : [])]);
    const request = { tenant, asks: loan.asks, sessions: [...sessions], count: batch.length };
    if (lend > 0) held.asked = true;
    const outcome = await this.#redis.takeSeveral({ ...request, lend, held: held.cost }).finally(() => {
      if (lend > 0) held.asked = false;
    });
    if (outcome.kind === 'ended') return this.#askForEach(line, batch, sessions);
    for (const session of sessions) this.#noteAlive(session, askedMs);
    for (const session of own) line.sessions.note(session, askedMs);
    const { granted, lent, levels } = outcome;
    const nowMs = this.#now();
    loan.heard(levels, lent, askedMs, nowMs);
    if (lent > 0) this.#watch(line);
    const refused = loan.asks.map(({ limit, cost }, index) => answerAt(levels[index] ?? 0, limit, cost));
    batch.forEach(({ resolve }, index) => {
      const allowed = index < granted;
      const answers = allowed ? loan.answers(loan.left + granted - 1 - index, nowMs) : refused;
      resolve({ kind: 'taken', taken: { allowed, answers } });
    });
  }

  // One of the sessions was ended, and nothing was debited.
  async #askForEach(line: Line, batch: readonly Waiting[], sessions: ReadonlySet<string>): Promise<void> {
    const { tenant, loan } = line;
    const [only, ...others] = sessions;
    for (const session of sessions) {
      this.#alive.delete(session);
      line.sessions.forget(session);
    }
    const ended: TakeOutcome = { kind: 'ended' };
    const alone = others.length === 0 && batch.every(({ session }) => session === only);
    const answer = async ({ session, resolve }: Waiting) => {
      const request = { tenant, asks: loan.asks, sessionFingerprint: session };
      resolve(alone ? ended : await this.#redis.take(request));
    };
    await Promise.all(batch.map(answer));
  }

  // Those that came while Redis was asked.
  #serve(line: Line): void {
    const nowMs = this.#now();
    const waiting = line.waiting.splice(0);
    for (const one of waiting) {
      const served = line.loan.isGood(nowMs) && this.#isAlive(one.session, nowMs);
      if (served) one.resolve(this.#fromLoan(line, one.session, nowMs));
      else line.waiting.push(one);
    }
    if (line.waiting.length > 0 && line.asking === 0) this.#ask(line);
  }

  #fromLoan(line: Line, session: string | undefined, nowMs: number): TakeOutcome {
    if (session !== undefined) line.sessions.note(session, nowMs);
    return { kind: 'taken', taken: line.loan.use(nowMs) };
  }

  #isAlive(session: string | undefined, nowMs: number): boolean {
    return session === undefined || nowMs - (this.#alive.get(session) ?? Number.NEGATIVE_INFINITY) < LOAN_MS;
  }

  #noteAlive(session: string, askedMs: number): void {
    setNewest(this.#alive, session, askedMs, MAX_SESSIONS);
  }

  #watch(line: Line): void {
    this.#lending.add(line);
    this.#sweep ??= setTimeout(() => {
      this.#sweep = undefined;
      const nowMs = this.#now();
      for (const one of this.#lending) {
        if (one.loan.isGood(nowMs)) this.#watch(one);
        else this.#end(one);
      }
    }, LOAN_MS).unref();
  }

  #end(line: Line): void {
    this.#lending.delete(line);
    const unused = line.loan.end();
    // What cannot be given back is lost to the tenant.
    if (unused > 0) void this.#redis.giveBack(line.tenant, line.loan.asks, unused).catch(() => undefined);
  }

  #lineOf(tenant: string, asks: readonly BucketAsk[]): Line {
    const key = this.#keyOf(tenant, asks);
    const known = this.#lines.get(key);
    if (known !== undefined) return known;
    const held = this.#held.get(tenant) ?? { cost: 0, asked: false };
    setNewest(this.#held, tenant, held, MAX_LINES);
    const loan = new Loan(asks, held);
    const line: Line = { tenant, loan, waiting: [], asking: 0, timer: undefined, sessions: new RecentSessions() };
    // One that is forgotten while somebody waits there goes on for those.
    setNewest(this.#lines, key, line, MAX_LINES);
    return line;
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
