import { StringDecoder } from 'node:string_decoder';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { z } from 'zod';
import type { KubeClient } from './client.ts';
import { ApiError, errorOfConnection, errorOfStatus } from './errors.ts';
import type { Selectors } from './list.ts';
import { metadataOf, type ObjectMetadata } from './metadata.ts';
import { describeOperation, type Resource } from './resources.ts';

/**
 * The API server ends a watch after this time, and the client a little later: a silently dead connection goes unnoticed for at most
 * that long. The next watch continues where the last one ended, which costs the API server next to nothing.
 */
const WATCH_SECONDS = 40;
const OVERDUE_MS = 5_000;
/** Longest event. Objects are shorter: etcd accepts 1.5 MiB. */
const MAX_LINE = 16 << 20;

const event = z.object({ type: z.string(), object: z.unknown() });

/** What to watch. */
export interface WatchOptions {
  client: KubeClient;
  resource: Resource;
  /** Undefined: all namespaces. */
  namespace: string | undefined;
  selectors: Selectors;
  /** Version after which events are sent. */
  from: string;
  signal: AbortSignal;
  /** Called with each event, in order. */
  onEvent: (type: 'ADDED' | 'MODIFIED' | 'DELETED', metadata: ObjectMetadata, object: unknown) => void;
  /** Called when the API server has accepted the watch. */
  onBegin: () => void;
  /** Called after each event and bookmark, with the version up to which all events were sent. */
  onProgress: (version: string) => void;
}

/**
 * Watches until the API server ends the watch. Returns the version from which the next watch can continue.
 *
 * @throws ApiError; of the kind `gone` if the API server no longer has that version
 */
export async function watchOnce(options: WatchOptions): Promise<string> {
  const { client, resource, namespace, selectors, signal, onBegin, onEvent, onProgress } = options;
  const operation = describeOperation('watch', resource, { namespace });
  let version = options.from;
  const seconds = Math.round(WATCH_SECONDS * (0.75 + Math.random() / 4));
  const query = {
    ...selectors,
    watch: true,
    allowWatchBookmarks: true,
    resourceVersion: version,
    timeoutSeconds: seconds,
  };
  const answer = await client.open({ verb: 'watch', resource, namespace, query, signal });
  const overdue = setTimeout(
    () => answer.destroy(errorOfConnection(operation, client.server, new Error('the watch did not end in time'))),
    seconds * 1000 + OVERDUE_MS,
  );
  onBegin();
  const take = (line: string) => {
    const { type, object } = event.parse(JSON.parse(line));
    if (type === 'ERROR') throw errorOfStatus(operation, object);
    const metadata = metadataOf(type === 'BOOKMARK' ? named(object) : object);
    if (metadata === undefined) return;
    if (type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED') onEvent(type, metadata, object);
    version = metadata.resourceVersion;
    onProgress(version);
  };
  try {
    const decoder = new StringDecoder('utf8');
    let rest = '';
    for await (const chunk of answer) {
      const lines = (rest + decoder.write(chunk)).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > MAX_LINE) throw new Error(`an event is longer than ${MAX_LINE} characters`);
      for (const line of lines) if (line !== '') take(line);
      // A flood of events must not block everything else.
      await nextTurn();
    }
    return version;
  } catch (error) {
    throw error instanceof ApiError ? error : errorOfConnection(operation, client.server, error);
  } finally {
    clearTimeout(overdue);
    answer.destroy();
  }
}

// A bookmark has only a version.
function named(object: unknown): unknown {
  const bookmark = z.object({ metadata: z.object({ resourceVersion: z.string() }) }).safeParse(object);
  return bookmark.success ? { metadata: { name: '-', ...bookmark.data.metadata } } : undefined;
}
