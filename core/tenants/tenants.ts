import { z } from 'zod';
import { filtersFrom, itemFilterKeys } from '../access/filter.ts';
import { roleName } from '../access/role.ts';
import type { AccessRule } from '../access/rule.ts';
import { type Quota, quotaSchema } from '../quota/quota.ts';
import { dnsLabel } from '../registry/names.ts';
import { type ClaimRule, claimRuleSchema } from './claim-rule.ts';

/** A role of one tenant. */
export interface TenantRole {
  readonly name: string;
  /** A member holds the role if one of these rules holds for its token. Undefined: if the token itself names the role. */
  readonly match: readonly ClaimRule[] | undefined;
}

/** One tenant: a group of callers that shares backends and limits. */
export interface Tenant {
  readonly name: string;
  /** A caller is a member if any of these rules holds for its token. */
  readonly match: readonly ClaimRule[];
  /** Backends that its members may use; `*` means all. */
  readonly backends: readonly string[];
  readonly roles: readonly TenantRole[];
  readonly rules: readonly AccessRule[];
  /** Undefined: no limits. */
  readonly quota: Quota | undefined;
}

const roleSchema = z.union([
  roleName.transform((name): TenantRole => ({ name, match: undefined })),
  z
    .strictObject({ name: roleName, match: z.array(claimRuleSchema).min(1).optional() })
    .transform(({ name, match }): TenantRole => ({ name, match })),
]);

const accessRuleSchema = z
  .strictObject({
    backends: z.array(dnsLabel).min(1).optional(),
    roles: z.array(roleName).min(1).optional(),
    ...itemFilterKeys,
  })
  .refine(
    ({ tools, prompts, resources }) => tools ?? prompts ?? resources,
    'must have at least one of tools, prompts and resources',
  )
  .transform(({ backends, roles, ...filters }): AccessRule => ({ backends, roles, filters: filtersFrom(filters) }));

const tenantSchema = z.strictObject({
  name: dnsLabel,
  match: z.array(claimRuleSchema).min(1),
  /** Default: all. */
  backends: z.array(z.union([z.literal('*'), dnsLabel])).default(['*']),
  /** Roles of this tenant. Other roles in tokens are ignored. */
  roles: z.array(roleSchema).default([]),
  rules: z.array(accessRuleSchema).default([]),
  quota: quotaSchema.optional().transform((quota): Quota | undefined => quota),
});

/** The tenants document, `tenants.yaml`. */
export const tenantsSchema = z
  .strictObject({ tenants: z.array(tenantSchema).min(1) })
  .superRefine(({ tenants }, context) => {
    const complain = (path: (string | number)[], message: string) =>
      context.addIssue({ code: 'custom', path: ['tenants', ...path], message });
    tenants.forEach((tenant, index) => {
      if (tenants.findIndex((other) => other.name === tenant.name) !== index) {
        complain([index, 'name'], 'is also the name of another tenant');
      }
      const known = tenant.roles.map(({ name }) => name);
      known.forEach((name, at) => {
        if (known.indexOf(name) !== at) complain([index, 'roles', at], 'is listed twice');
      });
      tenant.rules.forEach(({ roles = [] }, at) => {
        for (const role of roles.filter((name) => !known.includes(name))) {
          complain(
            [index, 'rules', at, 'roles'],
            `names the role ${role}, which the tenant does not list in its roles`,
          );
        }
      });
    });
  });
