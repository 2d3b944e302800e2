import { isUtf8 } from 'node:buffer';
import type { RequestId } from './denial.ts';
import { applyEdits, type Edit, type Filtered } from './list-filter.ts';

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
  filter: (data: string) => Filtered;
  /** Makes the replacement, one line, for data that must not be passed on. `ids` are those of the requests that the data answers. */
  instead: (reason: string, ids: readonly RequestId[]) => string;
}

interface DataLine extends EventLine {
  valueStart: number;
  value: string;
}

/** The bytes of an event that may be passed on. Only data lines change, and only if the data must. */
export function filterEvent(lines: readonly EventLine[], { filter, instead }: EventFilter): Buffer[] {
  const data = lines.flatMap((line) => dataLine(line) ?? []);
  const text = data.map(({ value }) => value).join('\n');
  // An event without data: the first event of a resumable stream has only an id.
  if (text.trim() === '') return lines.flatMap(bytesOf);
  const sound = data.every(({ content }) => isUtf8(content));
  const filtered: Filtered = sound ? filter(text) : { kind: 'rejected', reason: 'not UTF-8', ids: [] };
  if (filtered.kind === 'same') return lines.flatMap(bytesOf);
  const values =
    filtered.kind === 'changed'
      ? editedValues(data, filtered.edits)
      : data.map((_line, index) => (index === 0 ? instead(filtered.reason, filtered.ids) : undefined));
  return lines.flatMap((line) => {
    if (line.valueStart === undefined) return bytesOf(line);
    const value = values.shift();
    if (value === undefined) return [EMPTY_COMMENT, line.end];
    const field = line.content.subarray(0, line.valueStart);
    // A line that is only the name of the field has an empty value.
    return [field.includes(':') || value === '' ? field : Buffer.from('data: '), Buffer.from(value), line.end];
  });
}

function dataLine(line: EventLine): DataLine | undefined {
  const { valueStart } = line;
  return valueStart === undefined
    ? undefined
    : { ...line, valueStart, value: line.content.toString('utf8', valueStart) };
}

// Keeps the data lines separate; undefined means that nothing is left of a line. Only cuts span several lines, since replacements contain
// no line ends.
function editedValues(lines: readonly DataLine[], edits: readonly Edit[]): (string | undefined)[] {
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
    return edited === '' && value !== '' ? undefined : edited;
  });
}

function bytesOf({ content, end }: EventLine): Buffer[] {
  return [content, end];
}
