import type { Backend } from '../../core/registry/backend.ts';
import { createTrouble, type Trouble, troubleOf } from '../mcpbackend/trouble.ts';
import type { Pod } from '../objects/pods.ts';
import type { ServicePorts } from '../objects/services.ts';
import type { StatefulSetState } from '../objects/stateful-sets.ts';
import type { FailedCreate, SliceState } from './observed.ts';

/** Status, reason and message of a condition. */
export interface ConditionState {
  status: 'True' | 'False' | 'Unknown';
  reason: string;
  message: string;
}

/** State of the servers of a backend. */
export interface Serving {
  /** Everything is as the spec requires. */
  ready: ConditionState;
  /** At least one replica serves. */
  healthy: ConditionState;
  replicas: number | undefined;
  readyReplicas: number | undefined;
}

/** A condition that is True. */
export const yes = (reason: string, message: string): ConditionState => ({ status: 'True', reason, message });
/** A condition that is False. */
export const no = (reason: string, message: string): ConditionState => ({ status: 'False', reason, message });
/** A condition whose status the operator cannot determine. */
export const unknown = (reason: string, message: string): ConditionState => ({ status: 'Unknown', reason, message });

/** What is known about the workload of a backend. */
export interface WorkloadFacts {
  workload: StatefulSetState | undefined;
  /** The existing pods. */
  pods: readonly Pod[];
  /** The last failed attempt to create a pod. */
  failedCreate: FailedCreate | undefined;
}

/** State of a backend that the operator runs. */
export function workloadState({ workload, pods, failedCreate }: WorkloadFacts): Serving {
  if (workload === undefined) {
    const creating = no('Creating', 'the StatefulSet does not exist yet');
    return { ready: creating, healthy: creating, replicas: 0, readyReplicas: 0 };
  }
  const wanted = workload.spec.replicas;
  const { replicas, readyReplicas, updatedReplicas, currentRevision, updateRevision } = workload.status;
  const isCurrent = workload.status.observedGeneration >= workload.metadata.generation;
  const isRolledOut = isCurrent && (currentRevision === updateRevision || updatedReplicas >= wanted);
  const counts = { replicas, readyReplicas };
  const readyOf = `${readyReplicas} of ${wanted} replica${wanted === 1 ? ' is' : 's are'} ready`;
  if (wanted === 0) {
    const scaledToZero = no('ScaledToZero', 'replicas is 0, so no server runs');
    return { ready: scaledToZero, healthy: scaledToZero, ...counts };
  }
  const trouble = worst(wanted, pods, failedCreate);
  const healthy =
    readyReplicas > 0
      ? yes('Serving', readyOf)
      : no(trouble?.reason ?? 'NoReplicaReady', trouble === undefined ? readyOf : `${readyOf}; ${trouble.message}`);
  if (isRolledOut && readyReplicas >= wanted) return { ready: yes('ReplicasReady', readyOf), healthy, ...counts };
  if (trouble !== undefined) {
    return { ready: no(trouble.reason, `${readyOf}; ${trouble.message}`), healthy, ...counts };
  }
  const ready = isRolledOut
    ? no('Starting', readyOf)
    : no('RollingOut', `${isCurrent ? updatedReplicas : 0} of ${wanted} replicas run the new version; ${readyOf}`);
  return { ready, healthy, ...counts };
}

function worst(wanted: number, pods: readonly Pod[], failedCreate: FailedCreate | undefined): Trouble | undefined {
  const troubles = pods.flatMap((pod) => troubleOf(pod) ?? []);
  // A slow pod may still become ready. Any other trouble needs an intervention, so it is reported first.
  const [first] = [...troubles].sort((a, b) => Number(isSlow(a)) - Number(isSlow(b)));
  if (first !== undefined && !isSlow(first)) return first;
  return pods.length < wanted && failedCreate !== undefined ? createTrouble(failedCreate.message) : first;
}

const isSlow = ({ reason }: Trouble) => reason === 'HealthCheckFailing';

/** State of a backend that is a Service of the cluster. `ports` is undefined if the Service does not exist. */
export function serviceState(
  { name, port }: NonNullable<Backend['service']>,
  ports: ServicePorts['ports'] | undefined,
  slices: readonly SliceState[],
): Serving {
  const readyReplicas = slices.reduce((sum, { ready }) => sum + ready, 0);
  const total = slices.reduce((sum, each) => sum + each.total, 0);
  const counts = { replicas: undefined, readyReplicas };
  if (ports === undefined) {
    const missing = no('ServiceMissing', `the Service ${name} does not exist in this namespace`);
    return { ready: missing, healthy: missing, ...counts };
  }
  const problem = portProblem(name, port, ports);
  const healthy =
    readyReplicas > 0
      ? yes('Serving', `${readyReplicas} of ${total} endpoints are ready`)
      : no('NoEndpointReady', `none of the ${total} endpoints of the Service ${name} is ready`);
  return { ready: problem ?? yes('ServiceFound', `the Service ${name} exists`), healthy, ...counts };
}

function portProblem(
  service: string,
  port: number | string | undefined,
  ports: ServicePorts['ports'],
): ConditionState | undefined {
  const known = ports.map((each) => (each.name === '' ? String(each.port) : `${each.name} (${each.port})`)).join(', ');
  if (port === undefined) {
    return ports.length === 1
      ? undefined
      : no('PortMissing', `the Service ${service} has ${ports.length} ports: set service.port to one of ${known}`);
  }
  if (ports.some((each) => each.port === port || each.name === port)) return undefined;
  return no('PortMissing', `the Service ${service} has no port ${port}: set service.port to one of ${known}`);
}

/** State of a backend whose server runs outside the cluster. */
export function urlState(): Serving {
  return {
    ready: yes('External', 'the server runs elsewhere; the gateway calls its URL'),
    healthy: unknown('CheckedByGateway', 'each gateway checks the URL itself: run mcp-gateway status'),
    replicas: undefined,
    readyReplicas: undefined,
  };
}
