import { ALGORITHMS } from '../../core/identity/issuer.ts';
import type { PolicyBackend, PolicySettings } from '../../core/policy/policy.ts';
import type { Backend, Backend__Output } from '../../protos/gen/mcp_gateway/v1/Backend.ts';
import type { Settings, Settings__Output } from '../../protos/gen/mcp_gateway/v1/Settings.ts';

/** A backend of the policy as the contract has it. */
export function backendToProto(backend: PolicyBackend): Backend {
  const { name, path, draining, endpoints } = backend;
  return {
    name,
    path,
    draining,
    affinity: backend.affinity === 'none' ? 'NONE' : 'SESSION',
    affinityHeader: backend.affinityHeader ?? '',
    tenants: [...(backend.tenants ?? [])],
    anyTenant: backend.tenants === undefined,
    endpoints: endpoints.map(({ id, address, incarnation, draining }) => ({ id, address, incarnation, draining })),
  };
}

/** A backend of the contract as a value of the domain. */
export function backendFromProto(backend: Backend__Output): PolicyBackend {
  return {
    name: backend.name ?? '',
    path: backend.path ?? '',
    draining: backend.draining ?? false,
    affinity: backend.affinity === 'NONE' ? 'none' : 'session',
    affinityHeader: backend.affinityHeader || undefined,
    tenants: backend.anyTenant ? undefined : (backend.tenants ?? []),
    endpoints: (backend.endpoints ?? []).map((endpoint) => ({
      id: endpoint.id ?? '',
      address: endpoint.address ?? '',
      incarnation: endpoint.incarnation ?? '',
      draining: endpoint.draining ?? false,
    })),
  };
}

/** The settings of the policy as the contract has them. */
export function settingsToProto(settings: PolicySettings): Settings {
  const { publicUrl, issuers, tenants, allowedHosts, allowedOrigins, sessionLifetimeSeconds } = settings;
  return {
    publicUrl,
    issuers: issuers.map((issuer) => ({ ...issuer })),
    tenants: tenants.map((tenant) => ({ ...tenant })),
    allowedHosts: [...allowedHosts],
    allowedOrigins: [...allowedOrigins],
    sessionLifetimeSeconds,
  };
}

/** The settings of the contract as a value of the domain. */
export function settingsFromProto(settings: Settings__Output): PolicySettings {
  return {
    publicUrl: settings.publicUrl ?? '',
    issuers: (settings.issuers ?? []).map((issuer) => ({
      url: issuer.url ?? '',
      audiences: issuer.audiences ?? [],
      algorithms: ALGORITHMS.filter((algorithm) => issuer.algorithms?.includes(algorithm)),
      clockSkewSeconds: issuer.clockSkewSeconds ?? 0,
    })),
    tenants: (settings.tenants ?? []).map((tenant) => ({
      name: tenant.name ?? '',
      match: (tenant.match ?? []).map(({ claim, value }) => ({ claim: claim ?? '', value: value ?? '' })),
      backends: tenant.backends ?? [],
    })),
    allowedHosts: settings.allowedHosts ?? [],
    allowedOrigins: settings.allowedOrigins ?? [],
    sessionLifetimeSeconds: settings.sessionLifetimeSeconds ?? 0,
  };
}
