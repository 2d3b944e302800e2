import type { Backend } from '../../core/registry/backend.ts';
import { createTrouble, type Trouble, troubleOf } from '../mcpbackend/trouble.ts';
import type { Pod } from '../objects/pods.ts';
import type { ServicePorts } from '../objects/services.ts';
import type { StatefulSetState } from '../objects/stateful-sets.ts';
import type { FailedCreate, SliceState } from './observed.ts';

/** What a condition says. */
export interface ConditionState {
  status: 'True' | 'False' | 'Unknown';
  reason: string;
  message: string;
}

/** How the servers of a backend are. */
export interface Serving {
  /** Everything is as the spec wants it. */
  ready: ConditionState;
  /** Somebody answers. */
  healthy: ConditionState;
  replicas: number | undefined;
  readyReplicas: number | undefined;
}

/** A verdict that holds. */
export const yes = (reason: string, message: string): ConditionState => ({ status: 'True', reason, message });
/** One that does not. */
export const no = (reason: string, message: string): ConditionState => ({ status: 'False', reason, message });
/** One that nobody knows. */
export const unknown = (reason: string, message: string): ConditionState => ({ status: 'Unknown', reason, message });

/** What is known of the pods of a backend. */
export interface WorkloadFacts {
  workload: StatefulSetState | undefined;
  /** Pods that there are. */
  pods: readonly Pod[];
  /** The last failure to make a pod. */
  failedCreate: FailedCreate | undefined;
}

/** How a backend is that the operator runs. */
export function judgeWorkload({ workload, pods, failedCreate }: WorkloadFacts): Serving {
  if (workload === undefined) {
    const verdict = no('Creating', 'the StatefulSet is not there yet');
    return { ready: verdict, healthy: verdict, replicas: 0, readyReplicas: 0 };
  }
  const wanted = workload.spec.replicas;
  const { replicas, readyReplicas, updatedReplicas, currentRevision, updateRevision } = workload.status;
  const isCurrent = workload.status.observedGeneration >= workload.metadata.generation;
  const isRolledOut = isCurrent && (currentRevision === updateRevision || updatedReplicas >= wanted);
  const counts = { replicas, readyReplicas };
  const readyOf = `${readyReplicas} of ${wanted} replica${wanted === 1 ? ' is' : 's are'} ready`;
  if (wanted === 0) {
    const verdict = no('ScaledToZero', 'replicas is 0, so that no server runs');
    return { ready: verdict, healthy: verdict, ...counts };
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
    : no('RollingOut', `${isCurrent ? updatedReplicas : 0} of ${wanted} replicas are of the new version; ${readyOf}`);
  return { ready, healthy, ...counts };
}

function worst(wanted: number, pods: readonly Pod[], failedCreate: FailedCreate | undefined): Trouble | undefined {
  const troubles = pods.flatMap((pod) => troubleOf(pod) ?? []);
  // What only takes time may still come right; the others need somebody.
  const [first] = [...troubles].sort((a, b) => Number(isSlow(a)) - Number(isSlow(b)));
  if (first !== undefined && !isSlow(first)) return first;
  return pods.length < wanted && failedCreate !== undefined ? createTrouble(failedCreate.message) : first;
}

const isSlow = ({ reason }: Trouble) => reason === 'HealthCheckFailing';

/** How a backend is that is a Service of the cluster. `ports` is undefined where there is no such Service. */
export function judgeService(
  { name, port }: NonNullable<Backend['service']>,
  ports: ServicePorts['ports'] | undefined,
  slices: readonly SliceState[],
): Serving {
  const readyReplicas = slices.reduce((sum, { ready }) => sum + ready, 0);
  const total = slices.reduce((sum, each) => sum + each.total, 0);
  const counts = { replicas: undefined, readyReplicas };
  if (ports === undefined) {
    const verdict = no('ServiceMissing', `there is no Service ${name} in this namespace`);
    return { ready: verdict, healthy: verdict, ...counts };
  }
  const problem = portProblem(name, port, ports);
  const healthy =
    readyReplicas > 0
      ? yes('Serving', `${readyReplicas} of ${total} endpoints are ready`)
      : no('NoEndpointReady', `none of the ${total} endpoints of the Service ${name} is ready`);
  return { ready: problem ?? yes('ServiceFound', `the Service ${name} is there`), healthy, ...counts };
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
      : no(
          'PortMissing',
          `the Service ${service} has ${ports.length} ports, so that service.port must name one: ${known}`,
        );
  }
  if (ports.some((each) => each.port === port || each.name === port)) return undefined;
  return no('PortMissing', `the Service ${service} has no port ${port}; it has ${known}`);
}

/** How a backend is that runs elsewhere. */
export function judgeUrl(): Serving {
  return {
    ready: yes('External', 'the gateway calls the URL; there is nothing to run'),
    healthy: unknown('CheckedByGateway', 'each gateway checks the URL itself; see mcp-gateway status'),
    replicas: undefined,
    readyReplicas: undefined,
  };
}
