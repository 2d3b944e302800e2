import type { KubeClient } from '../api/client.ts';
import { isApiError } from '../api/errors.ts';
import { listPage } from '../api/list.ts';
import { CORE_EVENTS } from '../api/resources.ts';
import { parseEvent } from '../objects/events.ts';

/** At most this many pods have their events listed. */
const MAX_PODS = 20;

/** An event that the cluster recorded about an object. */
export interface AdminEvent {
  /** RFC 3339. */
  time: string;
  what: string;
}

/** Events of a backend and its pods, oldest first; an empty list if they cannot be read. */
export async function eventsOf(
  client: KubeClient,
  namespace: string,
  objects: readonly { kind: string; name: string }[],
): Promise<AdminEvent[]> {
  const lists = objects.slice(0, MAX_PODS + 1).map(async ({ kind, name }) => {
    const fieldSelector = `involvedObject.kind=${kind},involvedObject.name=${name}`;
    const items = await listPage(client, CORE_EVENTS, namespace, { fieldSelector });
    return items.flatMap((object) => toEvent(object) ?? []);
  });
  try {
    return (await Promise.all(lists)).flat().sort((a, b) => (a.time < b.time ? -1 : 1));
  } catch (error) {
    if (isApiError(error)) return [];
    throw error;
  }
}

function toEvent(object: unknown): AdminEvent | undefined {
  const event = parseEvent(object);
  const time = event?.lastAt ?? event?.createdAt;
  if (event === undefined || time === undefined) return undefined;
  const mark = event.type === 'Warning' ? 'Warning ' : '';
  return { time, what: `${event.about.name}: ${mark}${event.reason}: ${event.message}` };
}
