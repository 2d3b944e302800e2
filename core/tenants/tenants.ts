import { z } from 'zod';
import { dnsLabel } from '../registry/names.ts';

const claimRule = z.strictObject({
  /** Name of a top-level claim of the verified token. */
  claim: z.string().min(1),
  /** The claim, or one element of it where it is a list, must be equal to this. */
  value: z.string().min(1),
});

/** The tenants document, `tenants.yaml`. */
export const tenantsSchema = z
  .strictObject({
    tenants: z
      .array(
        z.strictObject({
          name: dnsLabel,
          /** Any one of these rules makes the bearer of a token a member. */
          match: z.array(claimRule).min(1),
          /** Backends it may use; `*` stands for all. Default: all. */
          backends: z.array(z.union([z.literal('*'), dnsLabel])).default(['*']),
        }),
      )
      .min(1),
  })
  .superRefine(({ tenants }, context) => {
    tenants.forEach((tenant, index) => {
      if (tenants.findIndex((other) => other.name === tenant.name) !== index) {
        context.addIssue({
          code: 'custom',
          path: ['tenants', index, 'name'],
          message: 'is the name of another tenant too',
        });
      }
    });
  });

/** One tenant: a group of callers that shares backends and limits. */
export type Tenant = z.output<typeof tenantsSchema>['tenants'][number];

/** What the claims of a token say about its bearer's tenant. */
export type TenantMatch =
  | { kind: 'one'; tenant: Tenant }
  | { kind: 'none'; claims: string[] }
  | { kind: 'several'; names: string[] };

/** Finds the tenant that the verified claims belong to. */
export function matchTenant(tenants: readonly Tenant[], claims: Readonly<Record<string, unknown>>): TenantMatch {
  const matching = tenants.filter((tenant) => tenant.match.some(({ claim, value }) => holds(claims, claim, value)));
  const [first] = matching;
  if (first === undefined) {
    return { kind: 'none', claims: [...new Set(tenants.flatMap(({ match }) => match.map(({ claim }) => claim)))] };
  }
  return matching.length === 1
    ? { kind: 'one', tenant: first }
    : { kind: 'several', names: matching.map(({ name }) => name) };
}

/** Whether a tenant's own list names a backend. */
export function mayUseBackend(
  tenant: Tenant,
  backend: { name: string; tenants: readonly string[] | undefined },
): boolean {
  const listed = tenant.backends.some((name) => name === '*' || name === backend.name);
  return listed && (backend.tenants === undefined || backend.tenants.includes(tenant.name));
}

function holds(claims: Readonly<Record<string, unknown>>, claim: string, value: string): boolean {
  if (!Object.hasOwn(claims, claim)) return false;
  const held = claims[claim];
  return Array.isArray(held) ? held.includes(value) : held === value;
}
