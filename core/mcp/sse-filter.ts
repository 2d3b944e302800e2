import type { Effort, Sliced } from './sliced.ts';
import { EMPTY_COMMENT, type EventFilter, type EventLine, filterEvent } from './sse-event.ts';
import { readSseField } from './sse-field.ts';
import { type SseLine, SseLines } from './sse-lines.ts';

/** Maximum number of lines of an event, however short they are. */
const MAX_LINES = 65_536;
const LINE_FEED = Buffer.from('\n');

/** The effort of a line and its event besides their data, in bytes of scanned JSON. */
const EFFORT_OF_LINE = 256;
/** Memory of a line that is held, besides its bytes. */
const BYTES_OF_LINE = 256;

const TOO_LARGE = 'an event is too large';

/** How a stream is filtered. */
export interface SseFilterOptions extends EventFilter {
  /** Maximum size of an event that is passed on. */
  maxEventBytes: number;
  effort: Effort;
}

/**
 * Filters an event stream (HTML Standard, server-sent events) while it arrives. An event is passed on as soon as it is complete; lines
 * before its data are passed on immediately, so that heartbeats are not delayed. All bytes stay the same, except for the data lines of
 * events that change, and for lines of unknown fields, which clients ignore: they become empty comments.
 */
export class SseFilter {
  readonly #options: SseFilterOptions;
  readonly #lines: SseLines;
  #first = true;
  /** The lines of the current event, from its first data line on. */
  #held: EventLine[] = [];
  #heldBytes = 0;
  /** Why the current event does not pass. */
  #dropped: string | undefined;
  /** What was done with the previous line. A late LF is treated the same way. */
  #previous: 'passed' | 'held' | 'dropped' = 'passed';

  constructor(options: SseFilterOptions) {
    this.#options = options;
    this.#lines = new SseLines(options.maxEventBytes);
  }

  /** Memory in bytes that the current event takes. */
  get heldBytes(): number {
    return this.#lines.heldBytes + this.#heldBytes + this.#held.length * BYTES_OF_LINE;
  }

  /** Takes bytes of the stream; returns those that may be passed on. */
  *push(chunk: Buffer): Sliced<Buffer> {
    return Buffer.concat(yield* this.#takeAll(this.#lines.push(chunk)));
  }

  /** Ends the stream; returns the remaining bytes. */
  *end(): Sliced<Buffer> {
    const rest = yield* this.#takeAll(this.#lines.end());
    return Buffer.concat([...rest, ...(yield* this.#event(LINE_FEED))]);
  }

  /** Drops the current event: it is replaced by an error for this reason. */
  giveUp(reason: string): void {
    this.#lines.drop();
    this.#drop(reason);
  }

  *#takeAll(lines: readonly SseLine[]): Sliced<Buffer[]> {
    const { effort } = this.#options;
    const passed: Buffer[] = [];
    for (const line of lines) {
      effort.spend(EFFORT_OF_LINE);
      if (effort.isSpent) yield* effort.pause();
      for (const bytes of yield* this.#take(line)) passed.push(bytes);
    }
    return passed;
  }

  *#take(line: SseLine): Sliced<Buffer[]> {
    if (line.kind === 'late-feed') return this.#takeLateFeed(line.end);
    const { kind, valueStart } = readSseField(line.content, this.#first);
    this.#first = false;
    if (line.kind === 'long') return this.#drop(TOO_LARGE);
    if (kind === 'blank') {
      this.#previous = 'passed';
      return [...(yield* this.#event(line.end)), line.content, line.end];
    }
    if (this.#dropped !== undefined) {
      this.#previous = 'dropped';
      return [];
    }
    const content = kind === 'unknown' ? EMPTY_COMMENT : line.content;
    if (kind === 'data' || this.#held.length > 0) {
      return this.#hold({ content, end: line.end, valueStart: kind === 'data' ? valueStart : undefined });
    }
    this.#previous = 'passed';
    return [content, line.end];
  }

  #takeLateFeed(end: Buffer): Buffer[] {
    const last = this.#held.at(-1);
    if (this.#previous === 'held' && last !== undefined) last.end = Buffer.concat([last.end, end]);
    return this.#previous === 'passed' ? [end] : [];
  }

  #hold(line: EventLine): Buffer[] {
    this.#heldBytes += line.content.length + line.end.length;
    if (this.#heldBytes > this.#options.maxEventBytes || this.#held.length >= MAX_LINES) return this.#drop(TOO_LARGE);
    this.#held.push(line);
    this.#previous = 'held';
    return [];
  }

  #drop(reason: string): Buffer[] {
    this.#dropped ??= reason;
    this.#held = [];
    this.#heldBytes = 0;
    this.#previous = 'dropped';
    return [];
  }

  /** The bytes of the event that is now complete; empty if it has no data. */
  *#event(newline: Buffer): Sliced<Buffer[]> {
    const event =
      this.#dropped === undefined
        ? yield* filterEvent(this.#held, this.#options)
        : [Buffer.from(`data: ${this.#options.instead(this.#dropped, [])}`), newline];
    this.#held = [];
    this.#heldBytes = 0;
    this.#dropped = undefined;
    return event;
  }
}
