import type { BucketAsk } from '../../../core/quota/plan.ts';
import type { Taken } from '../../../core/quota/take.ts';

/** A request at its buckets. */
export interface TakeRequest {
  readonly tenant: string;
  readonly asks: readonly BucketAsk[];
  /** Of the session that the request belongs to. */
  readonly sessionFingerprint: string | undefined;
}

/** What became of it; `ended` where its session was ended by another gateway. */
export type TakeOutcome = { kind: 'taken'; taken: Taken } | { kind: 'ended' };

/** Where buckets are kept. */
export interface QuotaStore {
  /** Debits all buckets of a request or none. Rejects when the store cannot be asked. */
  take(request: TakeRequest): Promise<TakeOutcome>;
  /** The same at once, where it can be told without asking anybody; else undefined, and nothing was done. */
  takeNow?(request: TakeRequest): TakeOutcome | undefined;
}
