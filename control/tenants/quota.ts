import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';
import { UserError } from '../../core/errors.ts';
import type { Quota } from '../../core/quota/quota.ts';
import type { Tenant } from '../../core/tenants/tenants.ts';
import type { QuotaAnswer, QuotaSource } from '../installation.ts';
import type { quotaResult } from '../results.ts';
import { tenantsIn } from './document.ts';
import type { Change } from './quota-changes.ts';
import { type Edited, editQuota } from './quota-edit.ts';
import { describeQuota, toReport } from './quota-report.ts';
import { checkTenants } from './tenants.ts';

const POLL_MS = 100;

/** A request to show the quota of a tenant, or to change it if there are changes or a top-up. */
export interface QuotaRequest {
  tenant: string;
  changes: readonly Change[];
  topUp: { requests: number; seconds: number } | undefined;
  dryRun: boolean;
  /** Longest wait until a change is in force. */
  inForceSeconds: number;
  signal: AbortSignal;
}

/** Whether a request changes anything. */
export function isEdit({ changes, topUp }: Pick<QuotaRequest, 'changes' | 'topUp'>): boolean {
  return changes.length > 0 || topUp !== undefined;
}

/**
 * Shows the quota of a tenant, and changes it if the request says so.
 *
 * @throws UserError `usage` for an unknown tenant, backend or rule and for limits that are not valid, `config` for a document that
 * has errors or cannot be edited
 */
export async function tenantQuota(
  source: QuotaSource,
  request: QuotaRequest,
  now: () => number,
): Promise<z.output<typeof quotaResult>> {
  const { tenant, dryRun, changes } = request;
  const { tenants } = source;
  const edit = { tenant, changes, topUp: toTopUp(request, now()) };
  const text = await tenants.read();
  const known = tenantsIn(text, tenants.source);
  checkTenants([tenant], known);
  await checkBackends(source, quotaOf(known, tenant), changes);
  let edited: Edited = editQuota(text, tenants.source, edit, now());
  const writes = isEdit(request) && !dryRun;
  if (writes) {
    await tenants.edit((newest) => {
      edited = editQuota(newest, tenants.source, edit, now());
      return edited.text;
    });
  }
  const { before, after } = edited;
  let wanted = after;
  let answer = await source.quotaState(tenant);
  const deadline = performance.now() + request.inForceSeconds * 1000;
  while (writes && isInForce(answer, wanted) === false && performance.now() < deadline && !request.signal.aborted) {
    await sleep(POLL_MS);
    answer = await source.quotaState(tenant);
    wanted = await writtenQuota(source, tenant, wanted);
  }
  const report = answer.state && toReport(tenant, answer.state, now());
  return {
    ...{ tenant_id: tenant, dryRun, changed: !isDeepStrictEqual(before, after) },
    before: describeQuota(before, now()),
    after: describeQuota(after, now()),
    inForce: dryRun ? null : isInForce(answer, wanted),
    limits: report?.limits ?? null,
    lastHour: report?.lastHour ?? null,
    lastDay: report?.lastDay ?? null,
    notes: [...answer.notes],
  };
}

// Another edit may have followed; then its quota is the one that comes into force.
async function writtenQuota({ tenants }: QuotaSource, tenant: string, before: Quota | undefined) {
  try {
    return quotaOf(tenantsIn(await tenants.read(), tenants.source), tenant);
  } catch (error) {
    if (error instanceof UserError) return before;
    throw error;
  }
}

function quotaOf(tenants: readonly Tenant[], name: string): Quota | undefined {
  return tenants.find((tenant) => tenant.name === name)?.quota;
}

// Whole seconds, rounded up: a top-up never ends earlier than requested.
function toTopUp({ topUp }: QuotaRequest, nowMs: number) {
  return topUp && { requests: topUp.requests, untilMs: Math.ceil(nowMs / 1000 + topUp.seconds) * 1000 };
}

// Null if it is in force at every gateway that answered, but some did not answer.
function isInForce({ inForce, complete }: QuotaAnswer, after: Quota | undefined): boolean | null {
  if (inForce.some((quota) => !isDeepStrictEqual(quota, after))) return false;
  return complete ? true : null;
}

// A backend that the quota names already may have been removed since; its limits can still be changed. Removing limits that do not
// exist changes nothing, so that it can be repeated.
async function checkBackends(source: QuotaSource, quota: Quota | undefined, changes: readonly Change[]): Promise<void> {
  const limited = Object.keys(quota?.backends ?? {});
  const named = changes.flatMap(({ path: [scope, name = ''], value }) =>
    scope === 'backends' && value !== undefined ? [name] : [],
  );
  const others = named.filter((name) => !limited.includes(name));
  const listing = others.length === 0 ? undefined : await source.list();
  if (listing === undefined) return;
  const known = listing.backends.map(({ name }) => name);
  const unknown = others.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new UserError('usage', `there is no backend ${JSON.stringify(unknown)}`, {
    hint: `Backends: ${known.join(', ')}`,
  });
}
