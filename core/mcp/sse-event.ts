import { isUtf8 } from 'node:buffer';
import type { RequestId } from './denial.ts';
import { applyEdits, type Filtered } from './list-filter.ts';
import type { Edit } from './list-filter-scan.ts';
import type { Sliced } from './sliced.ts';

const LINE_FEED = Buffer.from('\n');

/** Replaces a removed line. Without any line there, a CR before it and an LF after it would become one line end. */
export const EMPTY_COMMENT = Buffer.from(':');

/** A line of an event that has data, byte for byte. */
export interface EventLine {
  content: Buffer;
  end: Buffer;
  /** Where the value of a data line starts in the content; undefined for any other line. */
  valueStart: number | undefined;
}

/** How the data of events is filtered. */
export interface EventFilter {
  filter: (data: Buffer) => Sliced<Filtered>;
  /** Makes the replacement, one line, for data that must not be passed on. `ids` are those of the requests that the data answers. */
  instead: (reason: string, ids: readonly RequestId[]) => string;
}

interface DataLine extends EventLine {
  valueStart: number;
  value: Buffer;
}

/** The bytes of an event that may be passed on. Only data lines change, and only if the data must. */
export function* filterEvent(lines: readonly EventLine[], { filter, instead }: EventFilter): Sliced<Buffer[]> {
  const data = lines.flatMap((line) => dataLine(line) ?? []);
  const text = joined(data);
  // An event without data: the first event of a resumable stream has only an id.
  if (isBlank(text)) return lines.flatMap(bytesOf);
  const filtered: Filtered = isUtf8(text) ? yield* filter(text) : { kind: 'rejected', reason: 'not UTF-8', ids: [] };
  if (filtered.kind === 'same') return lines.flatMap(bytesOf);
  const values =
    filtered.kind === 'changed'
      ? editedValues(data, filtered.edits)
      : data.map((_line, index) => (index === 0 ? [Buffer.from(instead(filtered.reason, filtered.ids))] : undefined));
  let next = 0;
  return lines.flatMap((line) => {
    if (line.valueStart === undefined) return bytesOf(line);
    const value = values[next];
    next += 1;
    if (value === undefined) return [EMPTY_COMMENT, line.end];
    const field = line.content.subarray(0, line.valueStart);
    // A line that is only the name of the field has an empty value.
    const isWhole = field.includes(':') || value.every(({ length }) => length === 0);
    return [isWhole ? field : Buffer.from('data: '), ...value, line.end];
  });
}

function dataLine(line: EventLine): DataLine | undefined {
  const { valueStart } = line;
  return valueStart === undefined ? undefined : { ...line, valueStart, value: line.content.subarray(valueStart) };
}

// HTML Standard: the values of several data lines are joined by line feeds.
function joined(data: readonly DataLine[]): Buffer {
  const [only, ...others] = data;
  if (only !== undefined && others.length === 0) return only.value;
  return Buffer.concat(data.flatMap(({ value }, index) => (index === 0 ? [value] : [LINE_FEED, value])));
}

function isBlank(text: Buffer): boolean {
  return text.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0a);
}

// Keeps the data lines separate; undefined means that nothing is left of a line. Only cuts span several lines, since replacements contain
// no line ends.
function editedValues(lines: readonly DataLine[], edits: readonly Edit[]): (Buffer[] | undefined)[] {
  let [from, next] = [0, 0];
  return lines.map(({ value }) => {
    const to = from + value.length;
    const own: Edit[] = [];
    for (let edit = edits[next]; edit !== undefined && edit.start < to; edit = edits[next]) {
      const start = Math.max(edit.start, from) - from;
      own.push({ ...edit, start, end: Math.min(edit.end, to) - from });
      if (edit.end > to) break;
      next += 1;
    }
    from = to + 1;
    const edited = applyEdits(value, own);
    return value.length > 0 && edited.every(({ length }) => length === 0) ? undefined : edited;
  });
}

function bytesOf({ content, end }: EventLine): Buffer[] {
  return [content, end];
}
