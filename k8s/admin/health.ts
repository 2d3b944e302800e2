import { runsProcesses } from '../../core/registry/runs.ts';
import type { BackendObject } from '../mcpbackend/object.ts';

/** The state of a backend as the operator reports it. */
export interface ReportedHealth {
  state: 'serving' | 'starting' | 'unhealthy' | 'draining' | 'refused' | 'unknown';
  /** Everything is as the spec requires. */
  settled: boolean;
  healthy: number | undefined;
  wanted: number | undefined;
  reasons: string[];
}

/** Reasons of a backend that does not serve yet but may without an intervention. */
const IN_PROGRESS = ['Creating', 'Starting', 'RollingOut'];

/**
 * Summarizes the conditions of an MCPBackend. The first row that applies counts:
 *
 * | conditions                                | state     |
 * |-------------------------------------------|-----------|
 * | the MCPBackend is being deleted           | draining  |
 * | none, or of an older spec                 | starting  |
 * | Accepted is False, or the spec is invalid | refused   |
 * | Healthy is True, or Unknown with Ready    | serving   |
 * | Ready is False but still in progress      | starting  |
 * | anything else                             | unhealthy |
 */
export function healthOf(object: BackendObject): ReportedHealth {
  const { status, backend, generation, deleting } = object;
  const runs = backend.ok && runsProcesses(backend.value);
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
    const waiting = 'the operator has not processed the latest change yet';
    return { state: 'starting', settled: false, ...counts, reasons: [waiting] };
  }
  if (accepted?.status === 'False') return { state: 'refused', settled: false, ...counts, reasons };
  const settled = ready?.status === 'True' || ready?.reason === 'ScaledToZero';
  if (healthy?.status === 'True' || (ready?.status === 'True' && healthy?.status === 'Unknown')) {
    return { state: 'serving', settled, ...counts, reasons };
  }
  const state = IN_PROGRESS.includes(ready?.reason ?? '') ? 'starting' : 'unhealthy';
  return { state, settled: settled && healthy?.status !== 'False', ...counts, reasons };
}
