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

/** Throws a UserError `usage` that lists the tenants if one of the names is unknown. */
export function checkTenants(names: readonly string[], tenants: readonly Tenant[]): void {
  const known = tenants.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw unknownTenant(unknown, known);
}

/** Names of the tenants that may use a backend, roles aside. */
export function usableBy(name: string, wanted: readonly string[] | undefined, tenants: readonly Tenant[]): string[] {
  const backend = { name, tenants: wanted, roles: [] };
  return tenants.filter((tenant) => mayUseBackend({ tenant, roles: [] }, backend)).map((tenant) => tenant.name);
}

/**
 * Adds a backend to the own lists of tenants in a tenants document. Comments and layout stay, and so do tenants that may use the
 * backend already.
 *
 * @throws UserError `config` if the document has errors or cannot be edited, `usage` for an unknown tenant
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
