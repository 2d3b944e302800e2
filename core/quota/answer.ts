import { type Denial, deny } from '../mcp/denial.ts';
import type { BucketAsk } from './plan.ts';
import type { Taken } from './take.ts';

/**
 * The headers that tell a client of its quota (draft-ietf-httpapi-ratelimit-headers-10): for each bucket of the request `q` requests
 * in `w` seconds, `r` that are left, and `t` seconds: until the bucket is full, or on a refusal until it would let the request pass,
 * and nothing for one that would now, so that no `t` is later than Retry-After. What is left of a bucket that was not asked is not told.
 */
export function rateLimitHeaders(asks: readonly BucketAsk[], { allowed, answers }: Taken): Record<string, string> {
  if (asks.length === 0) return {};
  const policies = asks.map(({ name, limit }) => `"${name}";q=${limit.burst};w=${seconds(windowMs(limit))}`);
  const limits = asks.flatMap(({ name }, index) => {
    const answer = answers[index];
    if (answer === undefined) return [];
    const { remaining, waitMs, fullMs } = answer;
    const timeMs = allowed ? fullMs : waitMs;
    return `"${name}";r=${remaining}${allowed || timeMs > 0 ? `;t=${seconds(timeMs)}` : ''}`;
  });
  return { 'ratelimit-policy': policies.join(', '), ratelimit: limits.join(', ') };
}

/** The refusal of a request that some bucket did not let pass: the one that takes longest to refill is named. */
export function quotaDenial(tenant: string, asks: readonly BucketAsk[], taken: Taken): Denial {
  const waits = asks.map((ask, index) => ({ ask, waitMs: taken.answers[index]?.waitMs ?? 0 }));
  const longest = waits.reduce((a, b) => (b.waitMs > a.waitMs ? b : a), waits[0] ?? { ask: undefined, waitMs: 0 });
  const { ask, waitMs } = longest;
  const retryAfterSeconds = seconds(waitMs);
  const tooDear = ask !== undefined && ask.cost > ask.limit.burst;
  const what = ask?.name ?? 'tenant';
  const message = tooDear
    ? `This request costs ${ask.cost}, and the quota of ${what} never holds more than ${ask.limit.burst}`
    : `The quota of ${what} is used up; try again in ${retryAfterSeconds} s`;
  return deny('quota', {
    message,
    data: { tenant, bucket: what, retryAfterSeconds },
    headers: { 'retry-after': String(retryAfterSeconds), ...rateLimitHeaders(asks, taken) },
  });
}

/** Time in which an empty bucket refills. */
function windowMs({ burst, requests, periodMs }: BucketAsk['limit']): number {
  return (burst / requests) * periodMs;
}

function seconds(ms: number): number {
  return Math.ceil(ms / 1000);
}
