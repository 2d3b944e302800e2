import type { BucketAsk } from '../../../core/quota/plan.ts';
import type { Taken } from '../../../core/quota/take.ts';
import type { SessionRef } from '../../../core/session/ended-record.ts';

/** What a request asks of its buckets. */
export interface TakeRequest {
  readonly tenant: string;
  readonly asks: readonly BucketAsk[];
  /** The session of the request. */
  readonly session: SessionRef | undefined;
}

/** The outcome; `ended` if another gateway ended the session. */
export type TakeOutcome = { kind: 'taken'; taken: Taken } | { kind: 'ended' };

/** A store of buckets. */
export interface QuotaStore {
  /** Debits all buckets of a request or none. Rejects if the store cannot be asked. */
  take(request: TakeRequest): Promise<TakeOutcome>;
  /** Does the same synchronously if it can. Otherwise returns undefined, without an effect. */
  takeNow?(request: TakeRequest): TakeOutcome | undefined;
}
