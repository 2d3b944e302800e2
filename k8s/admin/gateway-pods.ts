import { z } from 'zod';
import type { KubeClient } from '../api/client.ts';
import { isApiError } from '../api/errors.ts';
import { PODS } from '../api/resources.ts';
import { inWords } from './errors.ts';

/** Labels of the pods of a gateway that the chart made. */
export const GATEWAY_PODS = 'app.kubernetes.io/component=gateway,app.kubernetes.io/part-of=mcp-gateway';
/** Name of the port that the telemetry of a gateway pod is at. */
const TELEMETRY_PORT = 'metrics';
/** A policy of the network drops without a word, and whoever asks should not wait until the API server gives up. */
const ANSWER_MS = 5_000;

const containers = z.array(
  z.object({
    name: z.string(),
    ports: z.array(z.object({ name: z.string().default(''), containerPort: z.number() })).default([]),
  }),
);

const gatewayPod = z.object({
  metadata: z.object({ name: z.string(), deletionTimestamp: z.string().optional() }),
  // Sidecars are init containers.
  spec: z.object({ initContainers: containers.default([]), containers }),
  status: z
    .object({ conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]) })
    .prefault({}),
});

const items = z.object({ items: z.array(z.unknown()).nullish() });

/** A pod of a gateway that lets requests in. */
export interface GatewayPod {
  name: string;
  /** Of its telemetry; undefined where it has none. */
  port: number | undefined;
  /** ext-authz processes. */
  processes: number;
}

/** What became of a question to a pod: its answer, parsed JSON, or why there is none. */
export type PodAnswer = { answer: unknown } | { forbidden: boolean; reason: string };

/** The pods of a gateway that are ready and stay. Throws a UserError. */
export async function readyGatewayPods(client: KubeClient, namespace: string): Promise<GatewayPod[]> {
  const query = { labelSelector: GATEWAY_PODS };
  const answer = await inWords(() => client.ask({ verb: 'list', resource: PODS, namespace, query }));
  return (items.parse(answer).items ?? []).flatMap((object) => {
    const parsed = gatewayPod.safeParse(object);
    if (!parsed.success) return [];
    const { metadata, spec, status } = parsed.data;
    const ready = status.conditions.some(({ type, status: is }) => type === 'Ready' && is === 'True');
    if (!ready || metadata.deletionTimestamp !== undefined) return [];
    const all = [...spec.initContainers, ...spec.containers];
    const ports = all.flatMap((container) => container.ports);
    return [
      {
        name: metadata.name,
        port: ports.find(({ name }) => name === TELEMETRY_PORT)?.containerPort,
        processes: all.filter(({ name }) => /^ext-authz-\d+$/.test(name)).length,
      },
    ];
  });
}

/**
 * Asks the telemetry of a pod through the API server, which passes requests on to pods for those who may `get pods/proxy`.
 *
 * @param path parts of the path
 */
export async function askGatewayPod(
  client: KubeClient,
  namespace: string,
  { name, port }: GatewayPod,
  path: readonly string[],
): Promise<PodAnswer> {
  const signal = AbortSignal.timeout(ANSWER_MS);
  const place = { namespace, name: `${name}:${port ?? ''}`, subresource: 'proxy', below: path };
  try {
    return { answer: await client.ask({ verb: 'get', resource: PODS, ...place, signal }) };
  } catch (error) {
    if (!isApiError(error)) throw error;
    if (error.kind === 'forbidden') return { forbidden: true, reason: error.message };
    return { forbidden: false, reason: signal.aborted ? `no answer within ${ANSWER_MS / 1000} s` : error.detail };
  }
}
