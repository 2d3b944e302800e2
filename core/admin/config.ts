import { z } from 'zod';
import type { Problem } from '../document/problems.ts';
import { ADMIN_BACKEND, dnsLabel } from '../registry/names.ts';
import type { Tenant } from '../tenants/tenants.ts';

/** The role without which nobody administers a gateway through itself. Tenants say in their `roles` who holds it. */
export const ADMIN_ROLE = 'mcp.admin';

/** The key `admin` of gateway.yaml: the gateway's own tools, served by itself. Without it they are not there. */
export const adminSchema = z.strictObject({
  /** Tenants whose holders of {@link ADMIN_ROLE} may use them: each of them administers the whole gateway. */
  tenants: z.array(dnsLabel).min(1).max(1_000),
});

/** Who may administer a gateway through itself. */
export type AdminConfig = z.output<typeof adminSchema>;

/**
 * Tenants of the key `admin` of which nobody could use what it opens.
 *
 * @param source gateway.yaml, as its reader knows it
 */
export function adminProblems(admin: AdminConfig | undefined, tenants: readonly Tenant[], source: string): Problem[] {
  return (admin?.tenants ?? []).flatMap((name, index) => {
    const message = obstacle(tenants.find((tenant) => tenant.name === name));
    return message === undefined ? [] : [{ source, path: `admin.tenants[${index}]`, message }];
  });
}

function obstacle(tenant: Tenant | undefined): string | undefined {
  if (tenant === undefined) return 'names a tenant that there is none of';
  if (!tenant.roles.some(({ name }) => name === ADMIN_ROLE)) {
    return `names a tenant that does not list the role ${ADMIN_ROLE} in its roles, so nobody there may use it`;
  }
  if (tenant.backends.some((name) => name === '*' || name === ADMIN_BACKEND)) return undefined;
  return `names a tenant whose backends do not list ${ADMIN_BACKEND}, so nobody there may use it`;
}
