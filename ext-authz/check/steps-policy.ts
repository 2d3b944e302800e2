import { neededScopes } from '../../core/access/scopes.ts';
import { effortOf, MAX_EFFORT, type Visibility, visibilityOf } from '../../core/access/visibility.ts';
import { shorten } from '../../core/document/shorten.ts';
import { type Denial, deny } from '../../core/mcp/denial.ts';
import type { NamedItem } from '../../core/mcp/items.ts';
import type { McpMessage } from '../../core/mcp/message.ts';
import { setNewest } from '../../core/newest.ts';
import type { PolicyBackend, PolicySettings } from '../../core/policy/policy.ts';
import type { Membership } from '../../core/tenants/match.ts';
import type { Tenant } from '../../core/tenants/tenants.ts';
import type { Identity } from '../identity/identity.ts';
import { challenge } from './challenge.ts';
import type { RequestHead } from './request.ts';
import type { Filtering } from './steps-session.ts';

const TOO_MANY = deny('bad-request', { message: 'Invalid request: the names in it are too many or too long' });

/** Sets of roles, of one tenant at one backend, whose visibility is kept. */
const MAX_ROLE_SETS = 1_000;

const NAMES = { tools: 'tool', prompts: 'prompt', resources: 'resource' } as const;

// A changed backend or tenant is a new object, so that no entry outlives what it was made from.
const visibilities = new WeakMap<PolicyBackend, WeakMap<Tenant, Map<string, Visibility>>>();

/** What the caller may use and see of a backend. It is made once for each tenant and set of roles. */
export function findVisibility(backend: PolicyBackend, { tenant, roles }: Membership): Visibility {
  const ofBackend = visibilities.get(backend) ?? new WeakMap<Tenant, Map<string, Visibility>>();
  visibilities.set(backend, ofBackend);
  const ofTenant = ofBackend.get(tenant) ?? new Map<string, Visibility>();
  ofBackend.set(tenant, ofTenant);
  const key = roles.join(' ');
  const visibility = ofTenant.get(key) ?? visibilityOf(backend, tenant.rules, roles);
  setNewest(ofTenant, key, visibility, MAX_ROLE_SETS);
  return visibility;
}

const filtered = new WeakMap<PolicyBackend, { tenants: readonly Tenant[]; filtered: boolean }>();

/**
 * Whether policy hides anything of a backend from any caller. If so, its lists must be marked private even for a caller who sees
 * everything, because the server may have allowed shared caches to keep them.
 */
export function isFiltered(backend: PolicyBackend, tenants: readonly Tenant[]): boolean {
  const known = filtered.get(backend);
  if (known?.tenants === tenants) return known.filtered;
  const rules = tenants.flatMap((tenant) => tenant.rules);
  const names = ({ backends }: Tenant['rules'][number]) => backends === undefined || backends.includes(backend.name);
  const outcome = Object.keys(backend.filters).length > 0 || rules.some(names);
  filtered.set(backend, { tenants, filtered: outcome });
  return outcome;
}

/**
 * Which responses to a request are filtered. Lists are, for all callers, if policy hides anything from any of them (`isFiltered`), because
 * shared caches must learn that they are private. A server may send the response to a list on any stream of its session, so if this caller
 * must not see everything, all streams are filtered. Plain JSON answers its own request only, unless that is a batch.
 */
export function filteringOf(
  { method }: Pick<RequestHead, 'method'>,
  { lists, id }: McpMessage,
  { hides }: Visibility,
  anyoneFiltered: () => boolean,
): Filtering {
  if (lists) return anyoneFiltered() ? 'all' : 'none';
  if (!hides) return 'none';
  return method === 'POST' && id !== null ? 'streams' : 'all';
}

/** Everything that a request names must be allowed. If one message of a batch is not, the whole batch is denied. */
export function checkItems({ items }: McpMessage, visibility: Visibility): Denial | undefined {
  let effort = 0;
  for (const { kind, name } of items) {
    if (!visibility.hidesOf(kind)) continue;
    if (name === undefined) return nameless(kind);
    effort += effortOf(kind, name);
    if (effort > MAX_EFFORT && items.length > 1) return TOO_MANY;
    if (!visibility.allows(kind, name)) {
      return deny('forbidden', {
        message: `This ${NAMES[kind]} is not allowed`,
        data: { [NAMES[kind]]: shorten(name) },
      });
    }
  }
  return undefined;
}

/** The token must hold the scopes of the backend and of the tools that are called (RFC 6750, section 3.1). */
export function checkScopes(
  { items }: McpMessage,
  backend: PolicyBackend,
  identity: Identity,
  settings: PolicySettings,
): Denial | undefined {
  if (backend.scopes.length === 0) return undefined;
  // Some servers accept a name that is not a string.
  const unclear = items.some(({ kind, name }) => kind === 'tools' && name === undefined);
  if (unclear && backend.scopes.some(({ tools }) => tools !== undefined)) return nameless('tools');
  const needed = neededScopes(backend.scopes, toolsOf(items));
  const missing = needed.filter((scope) => !identity.scopes.includes(scope));
  if (missing.length === 0) return undefined;
  const prefix = settings.issuers.find(({ url }) => url === identity.issuer)?.scopePrefix ?? '';
  // A client requests these scopes instead of those it has (MCP, scope challenge handling), so they include those it needs to keep.
  const kept = [...new Set(backend.scopes.flatMap(({ need }) => need))].filter((scope) =>
    identity.scopes.includes(scope),
  );
  const wanted = [...settings.scopes, ...[...new Set([...kept, ...needed])].map((scope) => prefix + scope)];
  const description = `The access token lacks the scope ${missing.join(' ')}`;
  return deny('insufficient-scope', {
    message: description,
    headers: challenge(settings, backend.name, [...new Set(wanted)], { error: 'insufficient_scope', description }),
  });
}

function nameless(kind: NamedItem['kind']): Denial {
  const key = kind === 'resources' ? 'uri' : 'name';
  const message = `Invalid params: the ${key} of a ${NAMES[kind]} is missing`;
  return deny('bad-request', { code: -32602, message });
}

function toolsOf(items: readonly NamedItem[]): string[] {
  return items.flatMap(({ kind, name }) => (kind === 'tools' && name !== undefined ? [name] : []));
}
