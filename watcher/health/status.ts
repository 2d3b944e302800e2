import type { FleetBackend } from '../../core/registry/fleet.ts';
import { runsProcesses } from '../../core/registry/runs.ts';
import type { ClusterHealth, EndpointHealth } from './cluster-health.ts';

/** The state of a backend, for display. */
export interface BackendStatus {
  name: string;
  state: 'serving' | 'starting' | 'unhealthy' | 'draining';
  endpoints: { id: string; address: string; health: EndpointHealth; reason: string }[];
  reasons: string[];
}

/** The input of {@link toStatus}. */
export interface StatusInput {
  entry: FleetBackend;
  /** Health by address; undefined while Envoy does not have the cluster. */
  health: ReturnType<ClusterHealth['get']>;
  /** Why an endpoint is unhealthy, by {@link diagnosisKey}. */
  diagnoses: ReadonlyMap<string, string>;
  notes: readonly string[];
  /** Why Envoy rejected the backend's resources; undefined if it did not. */
  rejection: string | undefined;
  /** Requests are denied, whatever the health of the endpoints. The notes say why. */
  lacksSecrets: boolean;
}

/** Key of a diagnosis. It includes the backend, because two backends may check the same address differently. */
export function diagnosisKey(backend: string, address: string): string {
  return `${backend} ${address}`;
}

/** The state of a backend. It is serving if requests are allowed and at least one endpoint is healthy. */
export function toStatus({ entry, health, diagnoses, notes, rejection, lacksSecrets }: StatusInput): BackendStatus {
  const { backend, drainUntilMs } = entry;
  const endpoints = entry.endpoints.map(({ id, address, draining }) => {
    const seen = draining ? 'draining' : (health?.get(address) ?? 'unknown');
    return {
      id,
      address,
      health: seen,
      reason: seen === 'unhealthy' ? (diagnoses.get(diagnosisKey(backend.name, address)) ?? '') : '',
    };
  });
  const reasons = endpoints.flatMap(({ id, reason }) => (reason === '' ? [] : [`${id}: ${reason}`]));
  reasons.push(...notes);
  if (rejection !== undefined) reasons.push(`Envoy rejected its configuration: ${rejection}`);
  if (endpoints.length === 0 && runsProcesses(backend) && backend.replicas === 0) reasons.push('replicas is 0');
  return {
    name: backend.name,
    state: stateOf(drainUntilMs !== undefined, lacksSecrets, endpoints),
    endpoints,
    reasons,
  };
}

function stateOf(
  draining: boolean,
  lacksSecrets: boolean,
  endpoints: { health: EndpointHealth }[],
): BackendStatus['state'] {
  if (draining) return 'draining';
  if (lacksSecrets) return 'unhealthy';
  if (endpoints.some(({ health }) => health === 'healthy')) return 'serving';
  return endpoints.some(({ health }) => health === 'unhealthy') ? 'unhealthy' : 'starting';
}
