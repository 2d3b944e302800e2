import { z } from 'zod';
import type { Problem } from '../document/problems.ts';
import { ADMIN_BACKEND, dnsLabel } from '../registry/names.ts';
import type { Tenant } from '../tenants/tenants.ts';

/** The role that a caller needs for the admin tools. The `roles` of a tenant define which of its members hold it. */
export const ADMIN_ROLE = 'mcp.admin';

/** The key `admin` of gateway.yaml, which turns the admin tools on. */
export const adminSchema = z.strictObject({
  /** Tenants whose members with {@link ADMIN_ROLE} are administrators, each of the whole gateway. */
  tenants: z.array(dnsLabel).min(1).max(1_000),
});

/** The parsed key `admin`. */
export type AdminConfig = z.output<typeof adminSchema>;

/**
 * Problems with the tenants of the key `admin`: those whose members cannot use the admin tools.
 *
 * @param source name of gateway.yaml, as in messages
 */
export function adminProblems(admin: AdminConfig | undefined, tenants: readonly Tenant[], source: string): Problem[] {
  return (admin?.tenants ?? []).flatMap((name, index) => {
    const message = obstacle(tenants.find((tenant) => tenant.name === name));
    return message === undefined ? [] : [{ source, path: `admin.tenants[${index}]`, message }];
  });
}

function obstacle(tenant: Tenant | undefined): string | undefined {
  if (tenant === undefined) return 'names a tenant that does not exist';
  if (!tenant.roles.some(({ name }) => name === ADMIN_ROLE)) {
    return `names a tenant whose roles do not include ${ADMIN_ROLE}, so none of its members can use the admin tools`;
  }
  if (tenant.backends.some((name) => name === '*' || name === ADMIN_BACKEND)) return undefined;
  return `names a tenant whose backends do not include ${ADMIN_BACKEND}, so none of its members can use the admin tools`;
}
