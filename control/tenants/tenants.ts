import { mayUseBackend } from '../../core/tenants/match.ts';
import type { Tenant } from '../../core/tenants/tenants.ts';
import { appendValue } from '../documents/yaml-text.ts';
import type { Installation } from '../installation.ts';
import { checkOthers, tenantsIn } from './document.ts';
import { unknownTenant } from './quota-edit.ts';

/** The tenants of an installation. */
export async function readTenants({ tenants }: Installation): Promise<readonly Tenant[]> {
  return tenantsIn(await tenants.read(), tenants.source);
}

/** Throws a UserError that lists the tenants where one of the names is none of them. */
export function checkTenants(names: readonly string[], tenants: readonly Tenant[]): void {
  const known = tenants.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw unknownTenant(unknown, known);
}

/** Which tenants may use a backend, roles aside. */
export function usableBy(name: string, wanted: readonly string[] | undefined, tenants: readonly Tenant[]): string[] {
  const backend = { name, tenants: wanted, roles: [] };
  return tenants.filter((tenant) => mayUseBackend({ tenant, roles: [] }, backend)).map((tenant) => tenant.name);
}

/**
 * A tenants document in which tenants name a backend among theirs; comments and layout stay. Those that name it already, or all
 * backends, stay as they are.
 *
 * @throws UserError `config` where the document is not sound or cannot be changed this way, `usage` for an unknown tenant
 */
export function nameBackend(text: string, source: string, backend: string, names: readonly string[]): string {
  const before = tenantsIn(text, source);
  checkTenants(names, before);
  let edited = text;
  before.forEach((tenant, index) => {
    if (!names.includes(tenant.name) || usableBy(backend, undefined, [tenant]).length > 0) return;
    edited = appendValue(edited, ['tenants', index, 'backends'], backend);
  });
  const after = tenantsIn(edited, source);
  checkOthers(source, before, after, (_, name) => names.includes(name));
  return edited;
}
