import { visibilityOf } from '../../core/access/visibility.ts';
import type { RequestId } from '../../core/mcp/denial.ts';
import type { MaySee } from '../../core/mcp/list-filter.ts';
import type { Policy } from '../../core/policy/policy.ts';
import { mayUseBackend } from '../../core/tenants/match.ts';

/** Whose answer is filtered, as ext-authz handed it over. */
export interface Caller {
  backend: string;
  tenant: string;
  roles: readonly string[];
}

/** What ext-authz handed over about a request whose answer must not show everything. */
export interface FilteredRequest extends Caller {
  lane: 'filtered';
  /** Of a single request, where Envoy's metadata can hold it. */
  id: RequestId;
}

/** What a caller may see of its backend; undefined when a policy does not know it, or does not let it in. */
export function maySeeOf(
  { backend: name, tenant: tenantName, roles }: Caller,
  policy: Policy | undefined,
): MaySee | undefined {
  const backend = policy?.backends.get(name);
  const tenant = policy?.settings.tenants.find((candidate) => candidate.name === tenantName);
  if (backend === undefined || tenant === undefined || !mayUseBackend({ tenant, roles }, backend)) return undefined;
  const visibility = visibilityOf(backend, tenant.rules, roles);
  return (kind, item) => visibility.allows(kind, item);
}
