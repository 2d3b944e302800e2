import type { EventStream } from '../runtime/streamable-http/event-stream.ts';
import type { Message, MessageId } from '../runtime/streamable-http/messages.ts';

/** A request from the client that has not been answered yet. */
export interface Call {
  id: MessageId;
  /** The stream for its response; undefined for `initialize`. */
  stream: EventStream | undefined;
  progressToken: MessageId | undefined;
  /** Whether the client has sent `notifications/cancelled` for it. */
  cancelled: boolean;
}

/** Notifications that are not related to a request from the client. */
const UNSOLICITED = /^notifications\/(resources\/updated|(tools|prompts|resources|roots)\/list_changed)$/;

/**
 * Chooses the stream for a request or notification of the server. A stdio server has a single channel to its client, so
 * the message itself must show which request it belongs to:
 *
 * | message                                                             | stream                                                |
 * |---------------------------------------------------------------------|-------------------------------------------------------|
 * | progress                                                            | of the request with that token                        |
 * | anything but a change, while exactly one connected request waits    | of that request                                       |
 * | anything else                                                       | the GET stream; without one, of the newest request    |
 * | anything while the client has no connection                         | the GET stream, where it waits for the client         |
 */
export function streamFor(message: Message, calls: Iterable<Call>, getStream: EventStream): EventStream {
  const waiting = [...calls].filter(({ cancelled }) => !cancelled);
  if (message.method === 'notifications/progress' && message.progressToken !== undefined) {
    const related = waiting.find(({ progressToken }) => progressToken === message.progressToken);
    if (related?.stream !== undefined) return related.stream;
  }
  const connected = waiting.flatMap(({ stream }) => (stream?.connected ? stream : []));
  const [only] = connected;
  const isRelated = new Set(connected).size === 1 && !UNSOLICITED.test(message.method ?? '');
  if (only !== undefined && isRelated) return only;
  if (getStream.connected) return getStream;
  return connected.at(-1) ?? getStream;
}

const ID = '("(?:[^"\\\\]|\\\\.)*"|\\d+)';
const VERSION = '"jsonrpc"\\s*:\\s*"2\\.0"';
const ID_FIRST = new RegExp(`^\\s*\\{\\s*(?:${VERSION}\\s*,\\s*)?"id"\\s*:\\s*${ID}`);
const ID_LAST = new RegExp(`"id"\\s*:\\s*${ID}\\s*(?:,\\s*${VERSION}\\s*)?\\}\\s*$`);

/**
 * Finds the call that a dropped line answered: by the id at either end of the line, where SDKs write it; otherwise the
 * only call that is waiting.
 */
export function callOfLongLine(
  { head, tail }: { head: string; tail: string },
  calls: ReadonlyMap<MessageId, Call>,
): Call | undefined {
  const id = ID_FIRST.exec(head)?.[1] ?? ID_LAST.exec(tail)?.[1];
  if (id !== undefined) return calls.get(JSON.parse(id));
  return calls.size === 1 ? [...calls.values()][0] : undefined;
}
