// The reporter writes records between the lines that the tests print. Each follows the text it is about.

/** Marks a record; it does not occur in text (ASCII record separator). */
const MARK = '\x1e';

/** What the reporter says about the text since the last record. */
export interface FileRecord {
  /** Relative to the project. Undefined in the last record of a run, which has what belongs to no file. */
  file: string | undefined;
  passed: number;
  failed: number;
  skipped: number;
  durationMs: number;
}

/** A record with the text that belongs to it. */
export interface FileReport extends FileRecord {
  text: string;
}

/** A record as one line. */
export function encodeRecord(record: FileRecord): string {
  return `${MARK}${JSON.stringify(record)}\n`;
}

/** Divides the output of mocha into reports as it arrives. */
export class RecordReader {
  readonly #onReport: (report: FileReport) => void;
  #text = '';

  constructor(onReport: (report: FileReport) => void) {
    this.#onReport = onReport;
  }

  push(chunk: string): void {
    this.#text += chunk;
    for (;;) {
      const start = this.#text.indexOf(MARK);
      const end = this.#text.indexOf('\n', start);
      if (start < 0 || end < 0) return;
      const record = JSON.parse(this.#text.slice(start + MARK.length, end)) as FileRecord;
      const text = this.#text.slice(0, start);
      this.#text = this.#text.slice(end + 1);
      this.#onReport({ ...record, text });
    }
  }

  /** What came after the last record. */
  get rest(): string {
    return this.#text;
  }
}
