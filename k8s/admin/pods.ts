import { z } from 'zod';
import type { KubeClient } from '../api/client.ts';
import { isApiError } from '../api/errors.ts';
import { PODS, type Resource } from '../api/resources.ts';
import { BACKEND_LABEL, SERVER_CONTAINER } from '../mcpbackend/names.ts';
import { inWords } from './errors.ts';

const EVENTS: Resource = { apiVersion: 'v1', kind: 'Event', plural: 'events' };
/** Pods of which the events are asked for. */
const MAX_PODS = 20;

/** Of each line that is asked for, on average: a line may be as long as its server likes. */
const MAX_LINE_BYTES = 16_384;

const ended = z.object({ exitCode: z.number().default(0), reason: z.string().default('') });
const containerStatus = z.object({
  name: z.string(),
  restartCount: z.number().default(0),
  ready: z.boolean().default(false),
  state: z
    .object({
      waiting: z.object({ reason: z.string().default(''), message: z.string().default('') }).optional(),
      running: z.object({ startedAt: z.string().optional() }).optional(),
      terminated: ended.optional(),
    })
    .default({}),
  lastState: z.object({ terminated: ended.optional() }).default({}),
});

const named = z.array(z.object({ name: z.string() })).default([]);
const pod = z.object({
  metadata: z.object({ name: z.string(), uid: z.string(), deletionTimestamp: z.string().optional() }),
  spec: z.object({ initContainers: named, containers: named }),
  status: z
    .object({
      phase: z.string().default('Pending'),
      podIP: z.string().optional(),
      containerStatuses: z.array(containerStatus).default([]),
    })
    .prefault({}),
});

const items = z.object({ items: z.array(z.unknown()).nullish() });

/** A pod of a backend, for people. */
export interface AdminPod {
  name: string;
  address: string | undefined;
  /** As sessions remember it: uid and restart count. */
  incarnation: string;
  /** `Running`, or why it does not run. */
  state: string;
  ready: boolean;
  draining: boolean;
  restarts: number;
  /** RFC 3339. */
  startedAt: string | undefined;
  lastExit: string | undefined;
  /** Sidecars are init containers, and come first. */
  containers: readonly string[];
}

const event = z.object({
  reason: z.string().default(''),
  message: z.string().default(''),
  type: z.string().default(''),
  lastTimestamp: z.string().nullish(),
  eventTime: z.string().nullish(),
  metadata: z.object({ creationTimestamp: z.string().nullish() }).default({}),
  involvedObject: z.object({ name: z.string().default('') }).default({ name: '' }),
});

/** Something that the cluster noted about an object. */
export interface AdminEvent {
  /** RFC 3339. */
  time: string;
  what: string;
}

/** The pods of a backend that the operator runs. */
export function podsOfBackend(client: KubeClient, namespace: string, backend: string): Promise<AdminPod[]> {
  return podsBySelector(client, namespace, `${BACKEND_LABEL}=${backend}`);
}

/** Pods by their labels. Throws a UserError. */
export async function podsBySelector(
  client: KubeClient,
  namespace: string,
  labelSelector: string,
): Promise<AdminPod[]> {
  const answer = await inWords(() => client.ask({ verb: 'list', resource: PODS, namespace, query: { labelSelector } }));
  const found = (items.parse(answer).items ?? []).flatMap((object) => toPod(object) ?? []);
  return found.sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
}

/**
 * The last lines that a container wrote. Throws a UserError.
 *
 * @param lines undefined: all that the node still has
 */
export async function podLog(
  client: KubeClient,
  place: { namespace: string; name: string; container: string },
  lines: number | undefined,
): Promise<string[]> {
  const { namespace, name, container } = place;
  const limitBytes = lines === undefined ? undefined : lines * MAX_LINE_BYTES;
  const query = { container, tailLines: lines, limitBytes };
  const text = await inWords(async () => {
    const answer = await client.open({ verb: 'get', resource: PODS, namespace, name, subresource: 'log', query });
    return Buffer.concat(await answer.toArray()).toString('utf8');
  });
  return text.split('\n').filter((line) => line !== '');
}

/** What the cluster noted about a backend and its pods, oldest first; nothing where that may not be read. */
export async function eventsOf(
  client: KubeClient,
  namespace: string,
  objects: readonly { kind: string; name: string }[],
): Promise<AdminEvent[]> {
  const asked = objects.slice(0, MAX_PODS + 1).map(async ({ kind, name }) => {
    const fieldSelector = `involvedObject.kind=${kind},involvedObject.name=${name}`;
    const answer = await client.ask({ verb: 'list', resource: EVENTS, namespace, query: { fieldSelector } });
    return (items.parse(answer).items ?? []).flatMap((object) => toEvent(object) ?? []);
  });
  try {
    return (await Promise.all(asked)).flat().sort((a, b) => (a.time < b.time ? -1 : 1));
  } catch (error) {
    if (isApiError(error)) return [];
    throw error;
  }
}

function toPod(object: unknown): AdminPod | undefined {
  const parsed = pod.safeParse(object);
  if (!parsed.success) return undefined;
  const { metadata, spec, status } = parsed.data;
  const server = status.containerStatuses.find(({ name }) => name === SERVER_CONTAINER) ?? status.containerStatuses[0];
  const { waiting, terminated, running } = server?.state ?? {};
  const last = terminated ?? server?.lastState.terminated;
  const why = waiting?.reason ?? terminated?.reason ?? '';
  return {
    name: metadata.name,
    address: status.podIP,
    incarnation: `${metadata.uid}/${server?.restartCount ?? 0}`,
    state: why === '' ? status.phase : [why, waiting?.message ?? ''].filter((part) => part !== '').join(': '),
    ready: server?.ready ?? false,
    draining: metadata.deletionTimestamp !== undefined,
    restarts: server?.restartCount ?? 0,
    startedAt: running?.startedAt,
    lastExit: last && `status ${last.exitCode}${last.reason === '' ? '' : ` (${last.reason})`}`,
    containers: [...spec.initContainers, ...spec.containers].map(({ name }) => name),
  };
}

function toEvent(object: unknown): AdminEvent | undefined {
  const parsed = event.safeParse(object);
  if (!parsed.success) return undefined;
  const { reason, message, type, lastTimestamp, eventTime, metadata, involvedObject } = parsed.data;
  const time = lastTimestamp ?? eventTime ?? metadata.creationTimestamp;
  if (time === null || time === undefined) return undefined;
  const mark = type === 'Warning' ? 'Warning ' : '';
  return { time, what: `${involvedObject.name}: ${mark}${reason}: ${message}` };
}
