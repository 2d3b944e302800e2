import fc from 'fast-check';
import type { BucketState, Limit } from '../../../core/quota/bucket.ts';
import { PERIODS_MS } from '../../../core/quota/bucket.ts';
import type { LoanRequest } from '../../../core/quota/loan.ts';
import type { BucketAsk } from '../../../core/quota/plan.ts';

/** Limits of every size, small ones often. */
export const limits: fc.Arbitrary<Limit> = fc.record({
  requests: fc.oneof(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 1, max: 100_000_000 })),
  periodMs: fc.constantFrom(...Object.values(PERIODS_MS)),
  burst: fc.oneof(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 1, max: 100_000_000 })),
});

/** A bucket by its key. Its limit differs each time, as if it had been changed. */
export const asks = (keys: readonly string[]): fc.Arbitrary<BucketAsk[]> =>
  fc
    .uniqueArray(fc.constantFrom(...keys), { minLength: 1, maxLength: keys.length })
    .chain((chosen) =>
      fc.tuple(
        ...chosen.map((key) =>
          fc
            .record({ limit: limits, cost: fc.integer({ min: 1, max: 5 }) })
            .map((rest) => ({ key, name: key, ...rest })),
        ),
      ),
    );

/** Time between two requests, mostly short. */
export const pauses: fc.Arbitrary<number> = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 0, max: 2_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 200_000_000 }) },
);

/** The stored state of some of the buckets, written under any limit. */
export const states = (keys: readonly string[], nowMs: number): fc.Arbitrary<Map<string, BucketState>> =>
  fc
    .array(
      fc
        .record({
          key: fc.constantFrom(...keys),
          limit: limits,
          part: fc.double({ min: 0, max: 1, noNaN: true }),
          ago: pauses,
        })
        .map(({ key, limit: { burst, periodMs }, part, ago }) => {
          return [key, { level: Math.floor(part * burst * periodMs), periodMs, atMs: nowMs - ago }] as const;
        }),
      { maxLength: 6 },
    )
    .map((entries) => new Map(entries));

/** What a process asks for. */
export const loanRequests: fc.Arbitrary<LoanRequest> = fc.record({
  waiting: fc.integer({ min: 1, max: 10 }),
  loan: fc.integer({ min: 0, max: 64 }),
  outstanding: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 1_000 })),
});
