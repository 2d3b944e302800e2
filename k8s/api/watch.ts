import { StringDecoder } from 'node:string_decoder';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { z } from 'zod';
import type { KubeClient } from './client.ts';
import { ApiError, errorOfConnection, errorOfStatus } from './errors.ts';
import type { Selectors } from './list.ts';
import { metadataOf, type ObjectMetadata } from './metadata.ts';
import { describeOperation, type Resource } from './resources.ts';

/**
 * A watch is ended by the API server after this, and by us a little later: so long a connection that is dead without a word can
 * go unnoticed. The next watch goes on where it ended, which costs the API server next to nothing.
 */
const WATCH_SECONDS = 40;
const OVERDUE_MS = 5_000;
/** No object is longer: etcd takes 1.5 MiB. */
const MAX_LINE = 16 << 20;

const event = z.object({ type: z.string(), object: z.unknown() });

/** What is watched. */
export interface WatchOptions {
  client: KubeClient;
  resource: Resource;
  /** Undefined: all namespaces. */
  namespace: string | undefined;
  selectors: Selectors;
  /** Version after which events are told. */
  from: string;
  signal: AbortSignal;
  /** Called with each event, in order. */
  onEvent: (type: 'ADDED' | 'MODIFIED' | 'DELETED', metadata: ObjectMetadata, object: unknown) => void;
  /** Called when the API server has agreed to it. */
  onBegin: () => void;
  /** Called after each event and bookmark, with the version up to which all was told. */
  onProgress: (version: string) => void;
}

/**
 * Watches until the API server ends it in its time. Gives the version from which the next watch goes on.
 *
 * @throws ApiError; of the kind `gone` where the API server has forgotten that version
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
    () => answer.destroy(errorOfConnection(operation, client.server, new Error('the watch went silent'))),
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
      if (rest.length > MAX_LINE) throw new Error('an event is too long');
      for (const line of lines) if (line !== '') take(line);
      // A flood of events must not keep everything else waiting.
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

// A bookmark has a version and nothing else.
function named(object: unknown): unknown {
  const bookmark = z.object({ metadata: z.object({ resourceVersion: z.string() }) }).safeParse(object);
  return bookmark.success ? { metadata: { name: '-', ...bookmark.data.metadata } } : undefined;
}
