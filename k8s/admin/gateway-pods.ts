import type { KubeClient } from '../api/client.ts';
import { isApiError } from '../api/errors.ts';
import { listPage } from '../api/list.ts';
import { PODS } from '../api/resources.ts';
import { isReady, type Pod, parsePod } from '../objects/pods.ts';
import { withUserErrors } from './errors.ts';

/** Label selector of the gateway pods that the chart makes. */
export const GATEWAY_PODS = 'app.kubernetes.io/component=gateway,app.kubernetes.io/part-of=mcp-gateway';
/** Name of the container port that serves the telemetry of a gateway pod. */
const TELEMETRY_PORT = 'metrics';
/** A network policy drops packets silently. This timeout is shorter than the API server's own. */
const ANSWER_MS = 5_000;

/** A gateway pod that receives requests. */
export interface GatewayPod {
  name: string;
  /** Telemetry port; undefined if the pod has none. */
  port: number | undefined;
  /** Number of ext-authz processes. */
  processes: number;
}

/** Outcome of a request to a pod: its answer as parsed JSON, or the reason that there is none. */
export type PodAnswer = { answer: unknown } | { forbidden: boolean; reason: string };

/** The gateway pods that are ready and not being deleted. Throws a UserError. */
export async function readyGatewayPods(client: KubeClient, namespace: string): Promise<GatewayPod[]> {
  const items = await withUserErrors(() => listPage(client, PODS, namespace, { labelSelector: GATEWAY_PODS }));
  const pods = items.flatMap((object) => parsePod(object) ?? []);
  return pods.filter((pod) => isReady(pod) && !pod.deleting).map(toGatewayPod);
}

/**
 * Requests the telemetry of a pod through the API server, which forwards requests to pods for callers that may `get pods/proxy`.
 *
 * @param path segments of the path
 */
export async function askGatewayPod(
  client: KubeClient,
  namespace: string,
  { name, port }: GatewayPod,
  path: readonly string[],
): Promise<PodAnswer> {
  const signal = AbortSignal.timeout(ANSWER_MS);
  const ref = { namespace, name: `${name}:${port ?? ''}`, subresource: 'proxy', below: path };
  try {
    return { answer: await client.ask({ verb: 'get', resource: PODS, ...ref, signal }) };
  } catch (error) {
    if (!isApiError(error)) throw error;
    if (error.kind === 'forbidden') return { forbidden: true, reason: error.message };
    return { forbidden: false, reason: signal.aborted ? `no answer within ${ANSWER_MS / 1000} s` : error.detail };
  }
}

function toGatewayPod({ name, containers }: Pod): GatewayPod {
  return {
    name,
    port: containers.flatMap(({ ports }) => ports).find((port) => port.name === TELEMETRY_PORT)?.port,
    processes: containers.filter((container) => /^ext-authz-\d+$/.test(container.name)).length,
  };
}
