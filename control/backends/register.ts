import { stringify } from 'yaml';
import type { z } from 'zod';
import { UserError } from '../../core/errors.ts';
import { runsProcesses } from '../../core/registry/runs.ts';
import type { Tenant } from '../../core/tenants/tenants.ts';
import type { BackendSpec, Installation, ManagedBackend } from '../installation.ts';
import type { changeResult } from '../results.ts';
import { checkTenants, readTenants, usableBy } from '../tenants/tenants.ts';
import { noBackend } from './assign.ts';
import { rejectCredentials, withoutCredentials } from './credentials.ts';
import { awaitSettled, type Waiting } from './readiness.ts';
import { changedKeys, changeSpec, validBackend } from './spec.ts';

/** What a change did to a backend. */
export type ChangeResult = z.output<typeof changeResult>;

/** A request to register a backend, or to change one. */
export interface Registration {
  name: string;
  /** Its keys, without the name. */
  given: Readonly<Record<string, unknown>>;
  /** Keys to remove, `env.NAME` for one variable. */
  unset: readonly string[];
  /** Change a backend that exists; without this it is an error if one exists. */
  update: boolean;
  dryRun: boolean;
  /** Undefined: do not wait. */
  waiting: Waiting | undefined;
}

/** Registers a backend, or changes one. */
export async function registerBackend(installation: Installation, registration: Registration): Promise<ChangeResult> {
  const { name, given, unset, update, dryRun } = registration;
  rejectCredentials(name, given, installation);
  const existing = await installation.get(name);
  if (existing !== undefined && !update) {
    throw new UserError('exists', `the backend ${JSON.stringify(name)} exists already (${existing.source})`, {
      hint: 'Choose another name, or change this backend with update: true (--update), which keeps all keys that are not given.',
    });
  }
  if (existing === undefined && unset.length > 0)
    throw new UserError('usage', `there is no backend ${JSON.stringify(name)} to change`);
  const change = (spec: BackendSpec) => {
    const changed = changeSpec(spec, { given, unset });
    validBackend(changed, installation.kind);
    return changed;
  };
  const after = change(existing?.spec ?? { name });
  const tenants = await tenantsOf(installation, given.tenants);
  if (existing === undefined) await installation.create(after, { dryRun });
  else if (changedKeys(existing.spec, after).length > 0) await installation.update(name, change, { dryRun });
  return report(installation, { existing, after, tenants, dryRun, waiting: registration.waiting });
}

/** Sets the number of replicas of a backend. */
export async function scaleBackend(
  installation: Installation,
  request: { name: string; replicas: number; dryRun: boolean; waiting: Waiting | undefined },
): Promise<ChangeResult> {
  const { name, replicas, dryRun, waiting } = request;
  const existing = await installation.get(name);
  if (existing === undefined) throw noBackend(name, (await installation.list()).backends);
  if (!runsProcesses(existing.spec)) {
    throw new UserError(
      'usage',
      `${name} cannot be scaled here: only a backend with an image, a command or transport: sse has replicas`,
      {
        hint: 'Scale it where it runs. To add URLs, set urls with register_backend and update: true.',
      },
    );
  }
  const change = (spec: BackendSpec) => {
    const changed = changeSpec(spec, { given: { replicas }, unset: [] });
    validBackend(changed, installation.kind);
    return changed;
  };
  const after = change(existing.spec);
  if (changedKeys(existing.spec, after).length > 0) await installation.update(name, change, { dryRun });
  return report(installation, { existing, after, tenants: await tenantsOf(installation, undefined), dryRun, waiting });
}

/** Removes a backend. Its open sessions continue for its `drain` time. */
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
    notes: [`open sessions continue for ${String(existing.spec.drain ?? '30s')}; then clients get 404`],
  };
}

/** The document or object of a backend, in YAML; values that look like credentials are hidden. */
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
  const backend = validBackend(after, installation.kind);
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
  const closed = (list ?? []).filter((name) => !users.includes(name));
  return [
    ...(users.length === 0 ? ['no tenant may use it yet; choose tenants with assign_backend (backends assign)'] : []),
    ...(closed.length > 0 && users.length > 0
      ? [
          `these tenants do not have it in their own lists yet: ${closed.join(', ')}; add it with assign_backend (backends assign)`,
        ]
      : []),
    ...(list === undefined && users.length > 0
      ? ['it names no tenants, so every tenant may use it whose own list names it, or all backends']
      : []),
  ];
}

// Permission to register backends does not include reading the tenants. In that case a note says so.
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
