import { type Denial, deny } from '../mcp/denial.ts';
import type { BucketAsk } from './plan.ts';
import type { Taken } from './take.ts';

/**
 * The headers that tell a client of its quota (draft-ietf-httpapi-ratelimit-headers-10): for each bucket of the request `q` requests
 * in `w` seconds, `r` that are left, and `t` seconds: until the bucket is full, or on a refusal until it would let the request pass,
 * and nothing for one that would now, or never will, so that no `t` is later than Retry-After. What is left of a bucket that was not
 * asked is not told.
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
 * The refusal of a request that some bucket did not let pass: the one that takes longest to refill is named. A request that costs more
 * than a bucket ever holds is told so, and not when to come back.
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
    message: `This request costs ${cost}, and the quota of ${name} never holds more than ${limit.burst}`,
    data: { tenant, bucket: name, retryAfterSeconds: null, cost, burst: limit.burst },
    headers,
  });
}

/** Time in which an empty bucket refills. */
function windowMs({ burst, requests, periodMs }: BucketAsk['limit']): number {
  return (burst / requests) * periodMs;
}

function seconds(ms: number): number {
  return Math.ceil(ms / 1000);
}
