import type { KubeClient } from '../api/client.ts';
import { listPage } from '../api/list.ts';
import { PODS } from '../api/resources.ts';
import { BACKEND_LABEL, SERVER_CONTAINER } from '../mcpbackend/names.ts';
import { type Pod, parsePod } from '../objects/pods.ts';
import { withUserErrors } from './errors.ts';

/** Bytes requested per log line, on average. A single line may be longer. */
const MAX_LINE_BYTES = 16_384;

/** A pod, for display. */
export interface AdminPod {
  name: string;
  address: string | undefined;
  /** As sealed session ids hold it: uid and restart count. */
  incarnation: string;
  /** `Running`, or why it does not run. */
  state: string;
  ready: boolean;
  draining: boolean;
  restarts: number;
  /** RFC 3339. */
  startedAt: string | undefined;
  lastExit: string | undefined;
  /** Init containers, sidecars among them, come first. */
  containers: readonly string[];
}

/** The pods that the operator runs for a backend. Throws a UserError. */
export function podsOfBackend(client: KubeClient, namespace: string, backend: string): Promise<AdminPod[]> {
  return podsBySelector(client, namespace, `${BACKEND_LABEL}=${backend}`);
}

/** Pods by their labels. Throws a UserError. */
export async function podsBySelector(
  client: KubeClient,
  namespace: string,
  labelSelector: string,
): Promise<AdminPod[]> {
  const items = await withUserErrors(() => listPage(client, PODS, namespace, { labelSelector }));
  const found = items.flatMap((object) => parsePod(object) ?? []).map(toAdminPod);
  return found.sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
}

/**
 * The last lines that a container wrote. Throws a UserError.
 *
 * @param lines undefined: all that the node still has
 */
export async function podLog(
  client: KubeClient,
  ref: { namespace: string; name: string; container: string },
  lines: number | undefined,
): Promise<string[]> {
  const { namespace, name, container } = ref;
  const limitBytes = lines === undefined ? undefined : lines * MAX_LINE_BYTES;
  const query = { container, tailLines: lines, limitBytes };
  const text = await withUserErrors(async () => {
    const answer = await client.open({ verb: 'get', resource: PODS, namespace, name, subresource: 'log', query });
    return Buffer.concat(await answer.toArray()).toString('utf8');
  });
  return text.split('\n').filter((line) => line !== '');
}

function toAdminPod(pod: Pod): AdminPod {
  const { statuses } = pod;
  const server = statuses.find(({ name }) => name === SERVER_CONTAINER) ?? statuses[0];
  const { waiting, terminated, running } = server ?? {};
  const last = terminated ?? server?.lastTermination;
  const why = waiting?.reason ?? terminated?.reason ?? '';
  return {
    name: pod.name,
    address: pod.ips[0],
    incarnation: `${pod.uid}/${server?.restarts ?? 0}`,
    state: why === '' ? pod.phase : [why, waiting?.message ?? ''].filter((part) => part !== '').join(': '),
    ready: server?.ready ?? false,
    draining: pod.deleting,
    restarts: server?.restarts ?? 0,
    startedAt: running?.startedAt,
    lastExit: last && `status ${last.exitCode}${last.reason === '' ? '' : ` (${last.reason})`}`,
    containers: pod.containers.map(({ name }) => name),
  };
}
