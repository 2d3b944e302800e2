import type { Quota } from '../../core/quota/quota.ts';
import { lastEndMs, withTopUps } from '../../core/quota/top-up.ts';
import type { QuotaStore } from './store/store.ts';

/** For each quota in force, the end of the most recent settled top-up. */
const settled = new WeakMap<Quota, number>();

/** Whether a top-up of a quota has ended and has not been settled yet. */
export function mustSettle(quota: Quota, nowMs: number): boolean {
  return (
    quota.topUps.length > 0 && quota.tenant !== undefined && lastEndMs(quota.topUps, nowMs) > (settled.get(quota) ?? 0)
  );
}

/**
 * Removes the usage of an ended top-up from the bucket of a tenant, once. Denied requests store nothing, so without this the usage would
 * count until it has drained, and reduce the next top-up.
 *
 * @param quota the quota of the policy, without its present top-ups added
 */
export async function settleTopUps(tenant: string, quota: Quota, store: QuotaStore, nowMs: number): Promise<void> {
  if (!mustSettle(quota, nowMs)) return;
  const endMs = lastEndMs(quota.topUps, nowMs);
  const { tenant: limit } = withTopUps(quota, nowMs);
  if (limit === undefined) return;
  // A request of cost 0 always passes, and stores the bucket capped to the present limit.
  const asks = [{ key: 'tenant', name: 'tenant', limit, cost: 0 }];
  await store.take({ tenant, asks, session: undefined });
  settled.set(quota, endMs);
}
