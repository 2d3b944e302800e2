import { ITEM_KINDS, type ItemFilters, type NameFilter } from '../../core/access/filter.ts';
import type { PolicyBackend } from '../../core/policy/policy.ts';
import { IDENTITY_FIELDS } from '../../core/registry/upstream.ts';
import type { Backend, Backend__Output } from '../../protos/gen/mcp_gateway/v1/Backend.ts';
import type {
  ItemFilters__Output,
  ItemFilters as ItemFiltersMessage,
} from '../../protos/gen/mcp_gateway/v1/ItemFilters.ts';

/** A backend of the policy as a message. */
export function backendToProto(backend: PolicyBackend): Backend {
  const { name, path, draining, endpoints, credential } = backend;
  return {
    name,
    path,
    draining,
    affinity: backend.affinity === 'none' ? 'NONE' : 'SESSION',
    affinityHeader: backend.affinityHeader ?? '',
    tenants: [...(backend.tenants ?? [])],
    anyTenant: backend.tenants === undefined,
    roles: [...backend.roles],
    scopes: backend.scopes.map(({ tools = [], need }) => ({ tools: [...tools], need: [...need] })),
    filters: filtersToProto(backend.filters),
    ...(typeof credential === 'object' ? { credential } : {}),
    credentialMissing: credential === 'missing',
    identityHeaders: [...backend.identityHeaders],
    bridged: backend.bridged,
    endpoints: endpoints.map(({ id, address, incarnation, draining }) => ({ id, address, incarnation, draining })),
  };
}

/** A backend of the policy from a message. */
export function backendFromProto(backend: Backend__Output): PolicyBackend {
  return {
    name: backend.name ?? '',
    path: backend.path ?? '',
    draining: backend.draining ?? false,
    affinity: backend.affinity === 'NONE' ? 'none' : 'session',
    affinityHeader: backend.affinityHeader || undefined,
    tenants: backend.anyTenant ? undefined : (backend.tenants ?? []),
    roles: backend.roles ?? [],
    scopes: (backend.scopes ?? []).map(({ tools, need }) => ({ tools: someOf(tools), need: need ?? [] })),
    filters: filtersFromProto(backend.filters),
    credential: credentialFromProto(backend),
    identityHeaders: IDENTITY_FIELDS.filter((field) => backend.identityHeaders?.includes(field)),
    bridged: backend.bridged ?? false,
    endpoints: (backend.endpoints ?? []).map((endpoint) => ({
      id: endpoint.id ?? '',
      address: endpoint.address ?? '',
      incarnation: endpoint.incarnation ?? '',
      draining: endpoint.draining ?? false,
    })),
  };
}

/** Filters as a message. */
export function filtersToProto(filters: ItemFilters): ItemFiltersMessage {
  const entries = ITEM_KINDS.flatMap((kind) => {
    const filter = filters[kind];
    if (filter === undefined) return [];
    const { allow, deny } = filter;
    return [[kind, { restricted: allow !== undefined, allow: [...(allow ?? [])], deny: [...deny] }]];
  });
  return Object.fromEntries(entries);
}

/** Filters from a message. */
export function filtersFromProto(filters: ItemFilters__Output | null | undefined): ItemFilters {
  const entries = ITEM_KINDS.flatMap((kind): [string, NameFilter][] => {
    const filter = filters?.[kind];
    if (filter === undefined || filter === null) return [];
    return [[kind, { allow: filter.restricted ? (filter.allow ?? []) : undefined, deny: filter.deny ?? [] }]];
  });
  return Object.fromEntries(entries);
}

/** A list, or undefined if it is empty: proto3 does not distinguish the two. */
export function someOf<T>(list: readonly T[] | undefined): readonly T[] | undefined {
  return list === undefined || list.length === 0 ? undefined : list;
}

function credentialFromProto({ credential, credentialMissing }: Backend__Output): PolicyBackend['credential'] {
  if (credentialMissing) return 'missing';
  return credential?.name ? { name: credential.name, value: credential.value ?? '' } : undefined;
}
