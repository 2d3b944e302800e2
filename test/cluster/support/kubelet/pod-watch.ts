import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Api } from '../api.ts';
import { type Pod, podSchema } from './schema.ts';

const listSchema = z.object({ metadata: z.object({ resourceVersion: z.string() }), items: z.array(podSchema) });
const eventSchema = z.object({ type: z.string(), object: z.unknown() });
const RETRY_MS = 200;

/** Handlers for pods. */
export interface PodHandler {
  /** The pod exists, or has changed. */
  seen(pod: Pod): void;
  /** The complete list of pods. */
  all(uids: ReadonlySet<string>): void;
  gone(uid: string): void;
}

/** Lists and watches all pods until the signal is aborted. */
export async function watchPods(api: Api, handler: PodHandler, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      const { metadata, items } = listSchema.parse(await api.get('/api/v1/pods'));
      handler.all(new Set(items.map((pod) => pod.metadata.uid)));
      for (const pod of items) handler.seen(pod);
      await follow(api, metadata.resourceVersion, handler, signal);
    } catch {
      // The API server is unreachable, or the watch has expired: list again.
      await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

async function follow(api: Api, version: string, handler: PodHandler, signal: AbortSignal): Promise<void> {
  const response = await api.open('GET', `/api/v1/pods?watch=true&resourceVersion=${version}`);
  const end = () => response.destroy();
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  response.on('error', () => {}); // An error only ends the stream.
  const lines = createInterface({ input: response });
  lines.on('line', (line) => {
    const { type, object } = eventSchema.parse(JSON.parse(line));
    if (type === 'ERROR') return end();
    const pod = podSchema.parse(object);
    if (type === 'DELETED') handler.gone(pod.metadata.uid);
    else handler.seen(pod);
  });
  await once(response, 'close');
  signal.removeEventListener('abort', end);
}
