import type { EventStream } from '../runtime/streamable-http/event-stream.ts';
import type { Message, MessageId } from '../runtime/streamable-http/messages.ts';

/** A request of the client that was not answered yet. */
export interface Call {
  id: MessageId;
  /** Where its answer goes; undefined for the request that opened the session. */
  stream: EventStream | undefined;
  progressToken: MessageId | undefined;
  /** The client has said that it does not wait for it any more. */
  cancelled: boolean;
}

/** Notifications that belong to no request of the client. */
const UNSOLICITED = /^notifications\/(resources\/updated|(tools|prompts|resources|roots)\/list_changed)$/;

/**
 * Which stream a request or notification of the server goes on. A stdio server has but one line to its client, so what
 * belongs to which request must be told by the message:
 *
 * | message                                  | stream                                                        |
 * |------------------------------------------|---------------------------------------------------------------|
 * | progress                                 | of the request whose token it carries                         |
 * | what only one waiting request can be for | of that request                                               |
 * | list changes, updates, all else          | the GET stream; without one that of the newest request        |
 * | nobody listens                           | the GET stream, on which it waits                             |
 */
export function streamFor(message: Message, calls: Iterable<Call>, listening: EventStream): EventStream {
  const waiting = [...calls].filter(({ cancelled }) => !cancelled);
  if (message.method === 'notifications/progress' && message.progressToken !== undefined) {
    const related = waiting.find(({ progressToken }) => progressToken === message.progressToken);
    if (related?.stream !== undefined) return related.stream;
  }
  const open = waiting.flatMap(({ stream }) => (stream?.connected ? stream : []));
  const [only] = open;
  const lone = new Set(open).size === 1 && !UNSOLICITED.test(message.method ?? '');
  if (only !== undefined && lone) return only;
  if (listening.connected) return listening;
  return open.at(-1) ?? listening;
}

const ID = '("(?:[^"\\\\]|\\\\.)*"|\\d+)';
const VERSION = '"jsonrpc"\\s*:\\s*"2\\.0"';
const ID_FIRST = new RegExp(`^\\s*\\{\\s*(?:${VERSION}\\s*,\\s*)?"id"\\s*:\\s*${ID}`);
const ID_LAST = new RegExp(`"id"\\s*:\\s*${ID}\\s*(?:,\\s*${VERSION}\\s*)?\\}\\s*$`);

/**
 * Which call a line was the answer to that was too long to be read: its id stands at either end, as SDKs write it;
 * otherwise the only call that there is.
 */
export function callOfLongLine(
  { head, tail }: { head: string; tail: string },
  calls: ReadonlyMap<MessageId, Call>,
): Call | undefined {
  const found = ID_FIRST.exec(head)?.[1] ?? ID_LAST.exec(tail)?.[1];
  if (found !== undefined) return calls.get(JSON.parse(found));
  return calls.size === 1 ? [...calls.values()][0] : undefined;
}
