import { stringify } from 'yaml';
import type { z } from 'zod';
import { UserError } from '../../core/errors.ts';
import type { Tenant } from '../../core/tenants/tenants.ts';
import type { BackendSpec, Installation, ManagedBackend } from '../installation.ts';
import type { changeResult } from '../results.ts';
import { checkTenants, readTenants, usableBy } from '../tenants/tenants.ts';
import { noBackend } from './assign.ts';
import { refuseCredentials, withoutCredentials } from './credentials.ts';
import { awaitSettled, type Waiting } from './readiness.ts';
import { changedKeys, changeSpec, soundSpec } from './spec.ts';

/** What became of a backend. */
export type ChangeResult = z.output<typeof changeResult>;

/** A backend to be registered, or to be changed. */
export interface Registration {
  name: string;
  /** Its keys, besides the name. */
  given: Readonly<Record<string, unknown>>;
  unset: readonly string[];
  /** One that is there already is changed; without it that is an error. */
  update: boolean;
  dryRun: boolean;
  /** Undefined: nobody waits. */
  waiting: Waiting | undefined;
}

/** Registers a backend, or changes one. */
export async function registerBackend(installation: Installation, wish: Registration): Promise<ChangeResult> {
  const { name, given, unset, update, dryRun } = wish;
  refuseCredentials(name, given, installation);
  const existing = await installation.get(name);
  if (existing !== undefined && !update) {
    throw new UserError('exists', `there is a backend ${JSON.stringify(name)} already (${existing.source})`, {
      hint: 'Choose another name; or change this one with update: true (--update), which keeps what is not named.',
    });
  }
  if (existing === undefined && unset.length > 0) throw new UserError('usage', `there is no backend ${name} to change`);
  const change = (spec: BackendSpec) => {
    const changed = changeSpec(spec, { given, unset });
    soundSpec(changed, installation.kind);
    return changed;
  };
  const after = change(existing?.spec ?? { name });
  const tenants = await tenantsOf(installation, given.tenants);
  if (existing === undefined) await installation.create(after, { dryRun });
  else if (changedKeys(existing.spec, after).length > 0) await installation.update(name, change, { dryRun });
  return report(installation, { existing, after, tenants, dryRun, waiting: wish.waiting });
}

/** Changes how many replicas a backend has. */
export async function scaleBackend(
  installation: Installation,
  wish: { name: string; replicas: number; dryRun: boolean; waiting: Waiting | undefined },
): Promise<ChangeResult> {
  const { name, replicas, dryRun, waiting } = wish;
  const existing = await installation.get(name);
  if (existing === undefined) throw noBackend(name, (await installation.list()).backends);
  if (existing.spec.image === undefined && existing.spec.command === undefined) {
    throw new UserError('usage', `${name} runs elsewhere: only an image or a command has replicas here`, {
      hint: 'Scale it where it runs; more URLs are given with urls, by register_backend with update: true.',
    });
  }
  const change = (spec: BackendSpec) => {
    const changed = changeSpec(spec, { given: { replicas }, unset: [] });
    soundSpec(changed, installation.kind);
    return changed;
  };
  const after = change(existing.spec);
  if (changedKeys(existing.spec, after).length > 0) await installation.update(name, change, { dryRun });
  return report(installation, { existing, after, tenants: await tenantsOf(installation, undefined), dryRun, waiting });
}

/** Takes a backend away. Its sessions go on as long as its `drain` says. */
export async function removeBackend(
  installation: Installation,
  { name, dryRun }: { name: string; dryRun: boolean },
): Promise<ChangeResult> {
  const existing = await installation.get(name);
  if (existing === undefined) throw noBackend(name, (await installation.list()).backends);
  if (!dryRun) await installation.remove(name);
  return {
    ...{ action: dryRun ? 'would-remove' : 'removed', name, url: existing.url ?? null, ready: null, state: null },
    manifest: manifestOf(existing.spec, installation),
    changed: [],
    usableBy: null,
    reasons: [],
    notes: [`sessions that are open go on for ${String(existing.spec.drain ?? '30s')}; then clients get 404`],
  };
}

/** The object as it is written, in YAML; what looks like a credential is hidden. */
export function manifestOf(spec: BackendSpec, installation: Pick<Installation, 'kind' | 'secretsLocation'>): string {
  const { name, ...rest } = withoutCredentials(spec);
  if (installation.kind === 'folder') return stringify({ name, ...rest }, { lineWidth: 0 });
  const metadata = { name, namespace: installation.secretsLocation };
  return stringify(
    { apiVersion: 'mcpgateway.dev/v1alpha1', kind: 'MCPBackend', metadata, spec: rest },
    { lineWidth: 0 },
  );
}

interface Outcome {
  existing: ManagedBackend | undefined;
  after: BackendSpec;
  tenants: readonly Tenant[] | string;
  dryRun: boolean;
  waiting: Waiting | undefined;
}

async function report(
  installation: Installation,
  { existing, after, tenants, dryRun, waiting }: Outcome,
): Promise<ChangeResult> {
  const { name } = after;
  const changed = changedKeys(existing?.spec, after);
  const done = existing === undefined ? 'created' : changed.length > 0 ? 'changed' : 'unchanged';
  const would = existing === undefined ? 'would-create' : changed.length > 0 ? 'would-change' : 'unchanged';
  const wait = dryRun ? undefined : waiting;
  const settleMs = done === 'changed' ? installation.settleMs : 0;
  const health = wait && (await awaitSettled(installation, name, wait, settleMs));
  const backend = soundSpec(after, installation.kind);
  const users = typeof tenants === 'string' ? null : usableBy(name, backend.tenants, tenants);
  const now = dryRun ? existing : await installation.get(name);
  const shown = health ?? (dryRun ? undefined : now?.health);
  return {
    ...{ action: dryRun ? would : done, name, changed, usableBy: users },
    manifest: manifestOf(after, installation),
    url: now?.url ?? null,
    ready: wait === undefined ? null : health?.settled === true,
    state: shown?.state ?? null,
    reasons: [...(shown?.reasons ?? [])],
    notes: notesOf(backend.tenants, users, tenants),
  };
}

function notesOf(
  list: readonly string[] | undefined,
  users: readonly string[] | null,
  tenants: readonly Tenant[] | string,
): string[] {
  if (users === null) return typeof tenants === 'string' ? [tenants] : [];
  const shut = (list ?? []).filter((name) => !users.includes(name));
  return [
    ...(users.length === 0
      ? ['no tenant may use it yet: assign_backend (backends assign) names the ones that may']
      : []),
    ...(shut.length > 0 && users.length > 0
      ? [`the own lists of ${shut.join(', ')} do not name it yet: assign_backend (backends assign) brings them in line`]
      : []),
    ...(list === undefined && users.length > 0
      ? ['it names no tenants, so all that name it, or all backends, may use it']
      : []),
  ];
}

// Whoever may register backends need not be allowed to read the tenants; why it was not read is told then.
async function tenantsOf(installation: Installation, wanted: unknown): Promise<readonly Tenant[] | string> {
  try {
    const tenants = await readTenants(installation);
    if (Array.isArray(wanted)) checkTenants(wanted.map(String), tenants);
    return tenants;
  } catch (error) {
    if (!(error instanceof UserError) || error.code === 'usage') throw error;
    return `the tenants were not checked: ${error.message}`;
  }
}
