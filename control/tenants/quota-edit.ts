import { isMap, isSeq, parseDocument } from 'yaml';
import { messageOf, UserError } from '../../core/errors.ts';
import type { Quota } from '../../core/quota/quota.ts';
import type { TopUp } from '../../core/quota/top-up.ts';
import { parseTenants } from '../../core/tenants/parse.ts';
import { appendValue, removeValue, setValue, type YamlPath } from '../documents/yaml-text.ts';
import { checkOthers, notEditable, tenantsIn } from './document.ts';
import type { Change } from './quota-changes.ts';

/** An edit of the quota of a tenant. */
export interface QuotaEdit {
  tenant: string;
  changes: readonly Change[];
  /** A top-up to add. Expired top-ups are removed at the same time. */
  topUp: TopUp | undefined;
}

/** A tenants document after an edit, and the quota before and after it. */
export interface Edited {
  text: string;
  before: Quota | undefined;
  after: Quota | undefined;
}

/**
 * Changes the quota of a tenant in a tenants document. Comments and layout stay.
 *
 * @param source the document, for messages
 * @throws UserError `config` if the document has errors or cannot be edited, `usage` if the edit is not valid
 */
export function editQuota(text: string, source: string, edit: QuotaEdit, nowMs: number): Edited {
  const tenants = tenantsIn(text, source);
  const index = tenants.findIndex(({ name }) => name === edit.tenant);
  const before = tenants[index]?.quota;
  if (index < 0)
    throw unknownTenant(
      edit.tenant,
      tenants.map(({ name }) => name),
    );
  if (
    edit.topUp !== undefined &&
    before?.tenant === undefined &&
    !edit.changes.some(({ path }) => path[0] === 'requests')
  ) {
    const hint = 'Give it one first, for example with --set "requests=1000 per=hour".';
    throw new UserError('usage', `${edit.tenant} has no limit of its own, so there is nothing to top up`, { hint });
  }
  const quota: YamlPath = ['tenants', index, 'quota'];
  let edited = text;
  try {
    for (const change of edit.changes) edited = apply(edited, quota, change, before);
    if (edit.topUp !== undefined) edited = topUp(edited, [...quota, 'topUps'], edit.topUp, nowMs);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw notEditable(source, messageOf(error));
  }
  const parsed = parseTenants(edited, source);
  if (!parsed.ok) {
    const prefix = `tenants[${index}].quota.`;
    const lines = parsed.problems.map(({ path, message }) => `${path.replace(prefix, '')}: ${message}`);
    throw new UserError('usage', `the quota of ${edit.tenant} would not be valid: ${lines.join('; ')}`, {
      hint: 'Nothing was changed.',
    });
  }
  const after = parsed.value[index];
  checkOthers(source, tenants, parsed.value, (at) => at === index);
  return { text: edited, before, after: after?.quota };
}

/** The error for a tenant that does not exist; its hint lists those that do. */
export function unknownTenant(tenant: string, names: readonly string[]): UserError {
  return new UserError('usage', `there is no tenant ${JSON.stringify(tenant)}`, {
    hint: `Tenants: ${names.join(', ')}`,
  });
}

function apply(text: string, quota: YamlPath, { path, value }: Change, before: Quota | undefined): string {
  const full = [...quota, ...pathOf(path, before)];
  if (value !== undefined) return setValue(text, full, value);
  return parseDocument(text).hasIn(full) ? removeValue(text, full) : text;
}

// Rules are a list, but changes address them by name.
function pathOf(path: readonly string[], before: Quota | undefined): YamlPath {
  const [scope, name = '', ...rest] = path;
  if (scope !== 'rules') return path;
  const names = (before?.rules ?? []).map((rule) => rule.name);
  const index = names.indexOf(name);
  if (index >= 0) return ['rules', index, ...rest];
  throw new UserError('usage', `there is no rule ${JSON.stringify(name)}`, {
    hint:
      names.length === 0 ? 'The tenant has no rules; add them to the document by hand.' : `Rules: ${names.join(', ')}`,
  });
}

function topUp(text: string, path: YamlPath, { requests, untilMs }: TopUp, nowMs: number): string {
  const entry = { requests, until: new Date(untilMs).toISOString().replace(/\.\d+/, '') };
  let edited = appendValue(text, path, entry);
  const list = parseDocument(edited).getIn(path, true);
  if (!isSeq(list)) return edited;
  for (let index = list.items.length - 1; index >= 0; index--) {
    const item = list.items[index];
    const until = isMap(item) ? Date.parse(String(item.get('until'))) : Number.NaN;
    if (until <= nowMs) edited = removeValue(edited, [...path, index]);
  }
  return edited;
}
