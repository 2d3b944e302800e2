import { EMPTY_COMMENT, type EventFilter, type EventLine, filterEvent } from './sse-event.ts';
import { readSseField } from './sse-field.ts';
import { type SseLine, SseLines } from './sse-lines.ts';

/** Maximum number of lines of an event, however short they are. */
const MAX_LINES = 65_536;
const LINE_FEED = Buffer.from('\n');

/** How a stream is filtered. */
export interface SseFilterOptions extends EventFilter {
  /** Maximum size of an event that is passed on. */
  maxEventBytes: number;
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
  #tooLarge = false;
  /** What was done with the previous line. A late LF is treated the same way. */
  #previous: 'passed' | 'held' | 'dropped' = 'passed';

  constructor(options: SseFilterOptions) {
    this.#options = options;
    this.#lines = new SseLines(options.maxEventBytes);
  }

  /** Takes bytes of the stream; returns those that may be passed on. */
  push(chunk: Buffer): Buffer {
    return Buffer.concat(this.#lines.push(chunk).flatMap((line) => this.#take(line)));
  }

  /** Ends the stream; returns the remaining bytes. */
  end(): Buffer {
    const rest = this.#lines.end().flatMap((line) => this.#take(line));
    return Buffer.concat([...rest, ...this.#event(LINE_FEED)]);
  }

  #take(line: SseLine): Buffer[] {
    if (line.kind === 'late-feed') return this.#takeLateFeed(line.end);
    const { kind, valueStart } = readSseField(line.content, this.#first);
    this.#first = false;
    if (line.kind === 'long') return this.#giveUp();
    if (kind === 'blank') {
      this.#previous = 'passed';
      return [...this.#event(line.end), line.content, line.end];
    }
    if (this.#tooLarge) {
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
    if (this.#heldBytes > this.#options.maxEventBytes || this.#held.length >= MAX_LINES) return this.#giveUp();
    this.#held.push(line);
    this.#previous = 'held';
    return [];
  }

  #giveUp(): Buffer[] {
    this.#tooLarge = true;
    this.#held = [];
    this.#previous = 'dropped';
    return [];
  }

  /** The bytes of the event that is now complete; empty if it has no data. */
  #event(newline: Buffer): Buffer[] {
    const event = this.#tooLarge
      ? [Buffer.from(`data: ${this.#options.instead('an event is too large', [])}`), newline]
      : filterEvent(this.#held, this.#options);
    this.#held = [];
    this.#heldBytes = 0;
    this.#tooLarge = false;
    return event;
  }
}
