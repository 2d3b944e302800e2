import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { EventLog, LoggedEvent } from './event-log.ts';

/** A position to resume from: a stream, and the last event that the client received. */
export interface EventPosition {
  stream: number;
  number: number;
}

/** Parses a Last-Event-ID header; undefined if it is not an id of an {@link EventStream}. */
export function parseEventId(text: string): EventPosition | undefined {
  const [, stream, number] = /^(\d{1,15})\.(\d{1,15})$/.exec(text) ?? [];
  return stream === undefined || number === undefined ? undefined : { stream: Number(stream), number: Number(number) };
}

/** One logical stream of events to a client, over successive connections. Without a connection, events wait in the log. */
export class EventStream {
  readonly number: number;
  readonly #log: EventLog;
  #response: ServerResponse | undefined;
  /** Number of the last event that was written to a connection. */
  #written: number;

  constructor(number: number, log: EventLog) {
    this.number = number;
    this.#log = log;
    this.#written = log.last;
  }

  /** Whether the stream has a connection. */
  get connected(): boolean {
    return this.#response !== undefined;
  }

  /**
   * Connects the stream to a response, in place of an earlier one. It writes the events after `after`, by default those that
   * were not written yet.
   *
   * @param primed whether to begin with an event without data, which gives the client an id to resume from (2025-11-25)
   * @param onClose called when the connection ends
   */
  attach(
    response: ServerResponse,
    { sessionId, after, primed, onClose }: { sessionId: string; after?: number; primed: boolean; onClose: () => void },
  ): void {
    this.#disconnect();
    // A destroyed response emits no further `close`.
    if (response.destroyed) {
      onClose();
      return;
    }
    this.#response = response;
    response.once('close', () => {
      if (this.#response === response) this.#response = undefined;
      onClose();
    });
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache, no-transform',
      'mcp-session-id': sessionId,
    });
    response.flushHeaders();
    const missed = this.#log.after(this.number, after ?? this.#written);
    if (primed) response.write(`id: ${this.number}.${after ?? this.#written}\ndata: \n\n`);
    for (const event of missed) this.#write(response, event);
  }

  /** Sends a message. Returns a promise to wait for if the connection's buffer is full. */
  send(line: string): Promise<void> | undefined {
    const event = this.#log.append(this.number, line);
    if (this.#response === undefined || this.#write(this.#response, event)) return undefined;
    return writable(this.#response);
  }

  /** Sends a comment, so that no proxy closes the connection as idle. */
  ping(): void {
    this.#response?.write(': keepalive\n\n');
  }

  // Buffered data that the client does not read would stay in memory as long as its connection.
  #disconnect(): void {
    if (this.#response?.writableLength === 0) this.#response.end();
    else this.#response?.destroy();
    this.#response = undefined;
  }

  /** Ends the connection. */
  end(): void {
    this.#response?.end();
    this.#response = undefined;
  }

  #write(response: ServerResponse, { number, line }: LoggedEvent): boolean {
    this.#written = number;
    return response.write(`event: message\nid: ${this.number}.${number}\ndata: ${line}\n\n`);
  }
}

async function writable(response: ServerResponse): Promise<void> {
  const done = new AbortController();
  const events = ['drain', 'close'].map((name) => once(response, name, { signal: done.signal }).catch(() => undefined));
  await Promise.race(events);
  done.abort();
}
