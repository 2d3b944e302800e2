import { BACKEND_LABEL } from '../mcpbackend/names.ts';
import { troubleOf } from '../mcpbackend/trouble.ts';
import { isReady, type Pod, parsePod } from '../objects/pods.ts';

/** One container of a pod. */
export interface PodContainer {
  /** Ports that it declares. */
  ports: readonly number[];
  running: boolean;
  /** How often it was restarted in its pod. */
  restarts: number;
}

/** What the registry keeps of a pod. */
export interface EndpointPod {
  uid: string;
  /** Addresses, the primary one first. */
  ips: readonly string[];
  /** The backend that the operator made it for. */
  backend: string | undefined;
  /** Whether it passes its readiness checks and is not being deleted. */
  ready: boolean;
  containers: readonly PodContainer[];
  /** Why a pod of the operator does not serve, for display; undefined if nothing is wrong. */
  trouble: string | undefined;
}

/** Reads a Pod; undefined if the object is not one. */
export function readEndpointPod(object: unknown): EndpointPod | undefined {
  const pod = parsePod(object);
  if (pod === undefined) return undefined;
  const statuses = new Map([...pod.initStatuses, ...pod.statuses].map((status) => [status.name, status]));
  return {
    ...{ uid: pod.uid, ips: pod.ips, backend: pod.labels[BACKEND_LABEL] },
    ready: isReady(pod) && !pod.deleting,
    containers: pod.containers.map(({ name, ports }) => ({
      ports: ports.map(({ port }) => port),
      running: statuses.get(name)?.running !== undefined,
      restarts: statuses.get(name)?.restarts ?? 0,
    })),
    trouble: troubleText(pod),
  };
}

function troubleText(pod: Pod): string | undefined {
  if (pod.phase === 'Failed') {
    const why = [pod.reason, pod.message].filter((text) => text !== '').join(': ');
    return why === '' ? 'a pod has failed' : `a pod has failed: ${why}`;
  }
  return pod.labels[BACKEND_LABEL] === undefined ? undefined : troubleOf(pod)?.message;
}
