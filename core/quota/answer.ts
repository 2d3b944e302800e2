import { type Denial, deny } from '../mcp/denial.ts';
import type { BucketAsk } from './plan.ts';
import type { Taken } from './take.ts';

/**
 * The headers about the client's quota (draft-ietf-httpapi-ratelimit-headers-10). For each bucket of the request: `q` requests in `w`
 * seconds; `r`, the requests left; and `t`, seconds until the bucket is full or, if the request is denied, until the bucket would let
 * it pass. `t` is omitted for a bucket that would let the denied request pass now, or never will, so no `t` is later than
 * Retry-After. Buckets that were not asked have no `r` and `t`.
 */
export function rateLimitHeaders(asks: readonly BucketAsk[], { allowed, answers }: Taken): Record<string, string> {
  if (asks.length === 0) return {};
  let limits = '';
  for (const [index, { name }] of asks.entries()) {
    const answer = answers[index];
    if (answer === undefined) continue;
    const timeMs = allowed ? answer.fullMs : answer.waitMs;
    const time = allowed || (timeMs > 0 && Number.isFinite(timeMs)) ? `;t=${seconds(timeMs)}` : '';
    limits += `${limits === '' ? '' : ', '}"${name}";r=${answer.remaining}${time}`;
  }
  return { 'ratelimit-policy': policyOf(asks), ratelimit: limits };
}

const policies = new WeakMap<readonly BucketAsk[], string>();

function policyOf(asks: readonly BucketAsk[]): string {
  const known = policies.get(asks);
  if (known !== undefined) return known;
  const policy = asks.map(({ name, limit }) => `"${name}";q=${limit.burst};w=${seconds(windowMs(limit))}`).join(', ');
  policies.set(asks, policy);
  return policy;
}

/**
 * The denial of a request that some bucket did not let pass. It names the bucket that takes longest to refill. If the request costs
 * more than a bucket can ever hold, it says so and has no Retry-After.
 */
export function quotaDenial(tenant: string, asks: readonly BucketAsk[], taken: Taken): Denial {
  const tooSmall = asks.find(({ cost, limit }) => cost > limit.burst);
  if (tooSmall !== undefined) return neverDenial(tenant, tooSmall, rateLimitHeaders(asks, taken));
  const waits = asks.map(({ name }, index) => ({ name, waitMs: taken.answers[index]?.waitMs ?? 0 }));
  const { name, waitMs } = waits.reduce(
    (a, b) => (b.waitMs > a.waitMs ? b : a),
    waits[0] ?? { name: 'tenant', waitMs: 0 },
  );
  const retryAfterSeconds = seconds(waitMs);
  return deny('quota', {
    message: `The quota of ${name} is used up; try again in ${retryAfterSeconds} s`,
    data: { tenant, bucket: name, retryAfterSeconds },
    headers: { 'retry-after': String(retryAfterSeconds), ...rateLimitHeaders(asks, taken) },
  });
}

function neverDenial(tenant: string, { name, cost, limit }: BucketAsk, headers: Record<string, string>): Denial {
  return deny('quota', {
    message: `This request costs ${cost}, but the quota of ${name} holds at most ${limit.burst}`,
    data: { tenant, bucket: name, retryAfterSeconds: null, cost, burst: limit.burst },
    headers,
  });
}

/** Time until an empty bucket is full. */
function windowMs({ burst, requests, periodMs }: BucketAsk['limit']): number {
  return (burst / requests) * periodMs;
}

function seconds(ms: number): number {
  return Math.ceil(ms / 1000);
}
