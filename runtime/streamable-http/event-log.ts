/** One event of a stream. */
export interface LoggedEvent {
  /** Number within the session, from 1. */
  number: number;
  /** The stream that it belongs to. */
  stream: number;
  line: string;
}

/** Events that are kept for each session. */
const MAX_EVENTS = 256;

/**
 * The last events of one session, so that a client can resume a broken stream (MCP 2025-11-25, Streamable HTTP,
 * resumability). It keeps at most 256 events with `maxLength` characters in total, and always the newest event.
 */
export class EventLog {
  readonly #maxLength: number;
  readonly #events: LoggedEvent[] = [];
  #length = 0;
  #last = 0;

  constructor(maxLength: number) {
    this.#maxLength = maxLength;
  }

  /** Number of the newest event; 0 before the first. */
  get last(): number {
    return this.#last;
  }

  /** Adds an event to a stream. */
  append(stream: number, line: string): LoggedEvent {
    this.#last += 1;
    const event = { number: this.#last, stream, line };
    this.#events.push(event);
    this.#length += line.length;
    while (this.#events.length > 1 && (this.#length > this.#maxLength || this.#events.length > MAX_EVENTS)) {
      this.#length -= this.#events.shift()?.line.length ?? 0;
    }
    return event;
  }

  /** The kept events of a stream after the event with this number. */
  after(stream: number, number: number): LoggedEvent[] {
    return this.#events.filter((event) => event.stream === stream && event.number > number);
  }
}
