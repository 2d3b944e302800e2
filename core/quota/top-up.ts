import { z } from 'zod';
import { type Limit, MAX_BURST } from './bucket.ts';

/** Extra requests for a tenant until a given time. */
export interface TopUp {
  readonly requests: number;
  /** End, in milliseconds since the epoch. */
  readonly untilMs: number;
}

/** An entry of `quota.topUps`. */
export const topUpSchema = z
  .strictObject({
    requests: z.number().int().min(1).max(MAX_BURST),
    /** RFC 3339. */
    until: z.iso.datetime({ offset: true, error: 'must be a time such as 2026-11-22T21:00:00Z' }),
  })
  .transform(({ requests, until }): TopUp => ({ requests, untilMs: Date.parse(until) }));

/**
 * A quota at a given time. While a top-up lasts, the bucket of the tenant holds that much more. Since a bucket stores what is used, the
 * extra is available immediately and once; what is left of it at the end is lost.
 */
export function withTopUps<Q extends { tenant: Limit | undefined; topUps: readonly TopUp[] }>(
  quota: Q,
  nowMs: number,
): Q {
  const { tenant, topUps } = quota;
  if (tenant === undefined || topUps.length === 0) return quota;
  const extra = topUps.reduce((sum, { requests, untilMs }) => (untilMs > nowMs ? sum + requests : sum), 0);
  return extra === 0 ? quota : { ...quota, tenant: { ...tenant, burst: tenant.burst + extra } };
}

/** When the most recent past top-up ended, in milliseconds since the epoch; 0 if none has ended. */
export function lastEndMs(topUps: readonly TopUp[], nowMs: number): number {
  return topUps.reduce((newest, { untilMs }) => (untilMs <= nowMs ? Math.max(newest, untilMs) : newest), 0);
}
