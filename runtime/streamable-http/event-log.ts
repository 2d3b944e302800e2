/** An event as it was sent. */
export interface LoggedEvent {
  /** Counts up within the session, from 1. */
  number: number;
  /** The stream that it belongs to. */
  stream: number;
  line: string;
}

/** How many events of a session are kept. */
const MAX_EVENTS = 256;

/**
 * The last events of one session, so that a broken stream can go on where it ended (MCP 2025-11-25, Streamable HTTP,
 * resumability). It holds so many events and so many characters; the newest event is kept whatever its size.
 */
export class EventLog {
  readonly #maxLength: number;
  readonly #events: LoggedEvent[] = [];
  #length = 0;
  #last = 0;

  constructor(maxLength: number) {
    this.#maxLength = maxLength;
  }

  /** Number of the newest event; 0 when there was none. */
  get last(): number {
    return this.#last;
  }

  /** Keeps an event of a stream. */
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

  /** The events of a stream after the one with this number, as far as they are still there. */
  after(stream: number, number: number): LoggedEvent[] {
    return this.#events.filter((event) => event.stream === stream && event.number > number);
  }
}
