import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';
import { UserError } from '../../core/errors.ts';
import type { Quota } from '../../core/quota/quota.ts';
import type { Installation, QuotaAnswer } from '../installation.ts';
import type { quotaResult } from '../results.ts';
import { tenantsIn } from './document.ts';
import { type Change, parseChanges } from './quota-changes.ts';
import { type Edited, editQuota, unknownTenant } from './quota-edit.ts';
import { describeQuota, toReport } from './quota-report.ts';

const POLL_MS = 200;

/** What is asked of the quota of a tenant; nothing but the tenant: to show it. */
export interface QuotaChangeRequest {
  tenant: string;
  requests: number | undefined;
  per: string | undefined;
  burst: number | 'none' | undefined;
  /** More of it, as `mcp-gateway quota --set` takes it. */
  set: string | undefined;
  topUp: { requests: number; seconds: number } | undefined;
  dryRun: boolean;
  /** Longest wait until a change is in force. */
  inForceSeconds: number;
  signal: AbortSignal;
}

/** Shows the quota of a tenant, and changes it where that is asked for. */
export async function tenantQuota(
  fleet: Installation,
  wish: QuotaChangeRequest,
  now: () => number,
): Promise<z.output<typeof quotaResult>> {
  const { tenant, dryRun } = wish;
  const { source } = fleet.tenants;
  const edit = { tenant, changes: toChanges(wish), topUp: toTopUp(wish, now()) };
  const wanted = edit.changes.length > 0 || edit.topUp !== undefined;
  const text = await fleet.tenants.read();
  const names = tenantsIn(text, source).map(({ name }) => name);
  if (!names.includes(tenant)) throw unknownTenant(tenant, names);
  await checkBackends(fleet, edit.changes);
  let edited: Edited = editQuota(text, source, edit, now());
  if (wanted && !dryRun) {
    await fleet.tenants.edit((newest) => {
      edited = editQuota(newest, source, edit, now());
      return edited.text;
    });
  }
  const { before, after } = edited;
  let answer = await fleet.quotaState(tenant);
  const deadline = performance.now() + wish.inForceSeconds * 1000;
  const waits = () => wanted && !dryRun && isInForce(answer, after) === false;
  while (waits() && performance.now() < deadline && !wish.signal.aborted) {
    await sleep(POLL_MS);
    answer = await fleet.quotaState(tenant);
  }
  const told = answer.state && toReport(tenant, answer.state, now());
  return {
    ...{ tenant_id: tenant, dryRun, changed: !isDeepStrictEqual(before, after) },
    before: describeQuota(before, now()),
    after: describeQuota(after, now()),
    inForce: dryRun ? null : isInForce(answer, after),
    limits: told?.limits.map(({ per = '', ...limit }) => ({ ...limit, per })) ?? null,
    lastHour: told?.lastHour ?? null,
    lastDay: told?.lastDay ?? null,
    notes: [...answer.notes],
  };
}

function toChanges({ requests, per, burst, set }: QuotaChangeRequest): Change[] {
  const own: Change[] = [
    ...(requests === undefined ? [] : [{ path: ['requests'], value: requests }]),
    ...(per === undefined ? [] : [{ path: ['per'], value: per }]),
    ...(burst === undefined ? [] : [{ path: ['burst'], value: burst === 'none' ? undefined : burst }]),
  ];
  const more = set === undefined ? [] : parseChanges(set);
  const twice = more.find(({ path }) => own.some((change) => isDeepStrictEqual(change.path, path)));
  if (twice !== undefined) throw new UserError('usage', `${twice.path.join('.')} is set twice`);
  return [...own, ...more];
}

// In whole seconds, and never shorter than was asked for.
function toTopUp({ topUp }: QuotaChangeRequest, nowMs: number) {
  return topUp && { requests: topUp.requests, untilMs: Math.ceil(nowMs / 1000 + topUp.seconds) * 1000 };
}

// Null: as far as is known it is, but somebody could not be asked.
function isInForce({ inForce, complete }: QuotaAnswer, after: Quota | undefined): boolean | null {
  if (inForce.some((quota) => !isDeepStrictEqual(quota, after))) return false;
  return complete ? true : null;
}

async function checkBackends(fleet: Installation, changes: readonly Change[]): Promise<void> {
  const named = changes.flatMap(({ path: [scope, name = ''], value }) =>
    scope === 'backends' && value !== undefined ? [name] : [],
  );
  if (named.length === 0) return;
  const known = (await fleet.list()).backends.map(({ name }) => name);
  const unknown = named.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new UserError('usage', `there is no backend ${JSON.stringify(unknown)}`, {
    hint: `Backends: ${known.join(', ')}`,
  });
}
