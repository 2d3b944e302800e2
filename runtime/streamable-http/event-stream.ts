import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { EventLog, LoggedEvent } from './event-log.ts';

/** Where a client wants to go on: a stream, and the last event that it saw. */
export interface EventPosition {
  stream: number;
  number: number;
}

/** Reads a Last-Event-ID header; undefined when it is none of ours. */
export function parseEventId(text: string): EventPosition | undefined {
  const [, stream, number] = /^(\d{1,15})\.(\d{1,15})$/.exec(text) ?? [];
  return stream === undefined || number === undefined ? undefined : { stream: Number(stream), number: Number(number) };
}

/** One logical stream of events to a client. Connections come and go; what is sent meanwhile waits in the log. */
export class EventStream {
  readonly number: number;
  readonly #log: EventLog;
  #response: ServerResponse | undefined;
  /** The last event that was written to a connection. */
  #written: number;

  constructor(number: number, log: EventLog) {
    this.number = number;
    this.#log = log;
    this.#written = log.last;
  }

  /** Whether a client reads it now. */
  get connected(): boolean {
    return this.#response !== undefined;
  }

  /**
   * Gives it a connection, in place of an earlier one. What was not written yet is written now, or what came after the
   * event that the client saw last.
   *
   * @param primed whether the client takes an event without data first, which gives it an id to resume from (2025-11-25)
   */
  attach(
    response: ServerResponse,
    { sessionId, after, primed, onClose }: { sessionId: string; after?: number; primed: boolean; onClose: () => void },
  ): void {
    this.#leave();
    // Who hung up already will not say so again.
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

  /** Sends a message. Gives something to wait for where the connection takes no more for now. */
  send(line: string): Promise<void> | undefined {
    const event = this.#log.append(this.number, line);
    if (this.#response === undefined || this.#write(this.#response, event)) return undefined;
    return writable(this.#response);
  }

  /** Shows whoever is in between that the connection is in use. */
  ping(): void {
    this.#response?.write(': keepalive\n\n');
  }

  // What a client never reads would stay in memory for as long as its connection.
  #leave(): void {
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
