import { visibilityOf } from '../../core/access/visibility.ts';
import type { RequestId } from '../../core/mcp/denial.ts';
import type { MaySee } from '../../core/mcp/list-filter-scan.ts';
import type { Policy } from '../../core/policy/policy.ts';
import { mayUseBackend } from '../../core/tenants/match.ts';

/** The caller whose response is filtered, as ext-authz passes it on. */
export interface Caller {
  backend: string;
  tenant: string;
  /** Hash of issuer and subject, in hex. */
  principal: string;
  roles: readonly string[];
}

/** What ext-authz passes to ext-proc about a request whose response must be filtered. */
export interface FilteredRequest extends Caller {
  lane: 'filtered';
  /** Id of a single request, if Envoy's metadata can hold it. */
  id: RequestId;
}

/** What a caller may see of its backend; undefined if the policy does not have the backend or tenant, or the caller may not use it. */
export function maySeeOf(
  { backend: name, tenant: tenantName, roles }: Omit<Caller, 'principal'>,
  policy: Policy | undefined,
): MaySee | undefined {
  const backend = policy?.backends.get(name);
  const tenant = policy?.settings.tenants.find((candidate) => candidate.name === tenantName);
  if (backend === undefined || tenant === undefined || !mayUseBackend({ tenant, roles }, backend)) return undefined;
  const visibility = visibilityOf(backend, tenant.rules, roles);
  return (kind, item) => visibility.allows(kind, item);
}
