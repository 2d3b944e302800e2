import type { Quota } from '../../core/quota/quota.ts';
import { lastEndMs, withTopUps } from '../../core/quota/top-up.ts';
import type { QuotaStore } from './store/store.ts';

/** Quotas in force, with the end of the newest top-up that was settled. */
const settled = new WeakMap<Quota, number>();

/** Whether a top-up of a quota is over and was not settled yet. */
export function mustSettle(quota: Quota, nowMs: number): boolean {
  return (
    quota.topUps.length > 0 && quota.tenant !== undefined && lastEndMs(quota.topUps, nowMs) > (settled.get(quota) ?? 0)
  );
}

/**
 * Has the bucket of a tenant forget what was used of a top-up that is over, once. A refusal remembers nothing, so that without this it
 * would count until it has refilled, and take from the next top-up.
 *
 * @param quota as the policy has it
 */
export async function settleTopUps(tenant: string, quota: Quota, store: QuotaStore, nowMs: number): Promise<void> {
  if (!mustSettle(quota, nowMs)) return;
  const endMs = lastEndMs(quota.topUps, nowMs);
  const { tenant: limit } = withTopUps(quota, nowMs);
  if (limit === undefined) return;
  // It costs nothing, so it is let pass, and the bucket is remembered as the limit of now has it.
  const asks = [{ key: 'tenant', name: 'tenant', limit, cost: 0 }];
  await store.take({ tenant, asks, sessionFingerprint: undefined });
  settled.set(quota, endMs);
}
