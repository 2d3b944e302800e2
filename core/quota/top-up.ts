import { z } from 'zod';
import { type Limit, MAX_BURST } from './bucket.ts';

/** Extra requests for a tenant, for a while. */
export interface TopUp {
  readonly requests: number;
  /** When it is over, in milliseconds since the epoch. */
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
 * A quota as it is at a time: while a top-up lasts, the bucket of the tenant holds that much more. Since buckets remember what
 * is used, that is given at once and only once; what is left of it when it is over is forgotten.
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

/** When the newest top-up that is over ended, in milliseconds since the epoch; 0: none is over. */
export function lastEndMs(topUps: readonly TopUp[], nowMs: number): number {
  return topUps.reduce((newest, { untilMs }) => (untilMs <= nowMs ? Math.max(newest, untilMs) : newest), 0);
}
