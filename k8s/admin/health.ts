import type { BackendObject } from '../mcpbackend/object.ts';

/** The state of a backend as the operator told it. */
export interface ToldHealth {
  state: 'serving' | 'starting' | 'unhealthy' | 'draining' | 'refused' | 'unknown';
  /** Everything is as the spec wants it. */
  settled: boolean;
  healthy: number | undefined;
  wanted: number | undefined;
  reasons: string[];
}

/** Reasons for which a backend that does not serve yet only needs time. */
const ON_ITS_WAY = ['Creating', 'Starting', 'RollingOut'];

/**
 * Sums up the conditions of an MCPBackend:
 *
 * | conditions                             | state     |
 * |----------------------------------------|-----------|
 * | it is being deleted                    | draining  |
 * | none, or of an older spec              | starting  |
 * | Accepted is False                      | refused   |
 * | Healthy is True, or nobody can know it | serving   |
 * | Ready is False, for lack of time       | starting  |
 * | anything else                          | unhealthy |
 */
export function healthOf(object: BackendObject): ToldHealth {
  const { status, backend, generation, deleting } = object;
  const runs = backend.ok && (backend.value.image !== undefined || backend.value.command !== undefined);
  const urls = backend.ok ? backend.value.urls.length : 0;
  const counts = {
    healthy: status.readyReplicas,
    wanted: runs && backend.ok ? backend.value.replicas : urls > 0 ? urls : undefined,
  };
  const find = (type: string) => status.conditions.find((condition) => condition.type === type);
  const [accepted, ready, healthy, tenants] = ['Accepted', 'Ready', 'Healthy', 'TenantsValid'].map(find);
  const reasons = [accepted, ready, tenants].flatMap((condition) =>
    condition?.status === 'False' ? [`${condition.reason}: ${condition.message}`] : [],
  );
  if (deleting) return { state: 'draining', settled: false, ...counts, reasons };
  if (!backend.ok) return { state: 'refused', settled: false, ...counts, reasons: backend.problems };
  if ((status.observedGeneration ?? 0) < generation) {
    const waiting = 'the operator has not looked at it yet';
    return { state: 'starting', settled: false, ...counts, reasons: [waiting] };
  }
  if (accepted?.status === 'False') return { state: 'refused', settled: false, ...counts, reasons };
  const settled = ready?.status === 'True' || ready?.reason === 'ScaledToZero';
  if (healthy?.status === 'True' || (ready?.status === 'True' && healthy?.status === 'Unknown')) {
    return { state: 'serving', settled, ...counts, reasons };
  }
  const state = ON_ITS_WAY.includes(ready?.reason ?? '') ? 'starting' : 'unhealthy';
  return { state, settled: settled && healthy?.status !== 'False', ...counts, reasons };
}
