const COLON = 0x3a;
const SPACE = 0x20;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** What a line of an event stream is. Clients pass over comments and unknown fields. */
export type SseFieldKind = 'blank' | 'comment' | 'data' | 'other' | 'unknown';

/** A line of an event stream, read. */
export interface SseField {
  kind: SseFieldKind;
  /** Where the value starts in the line. */
  valueStart: number;
}

/**
 * Reads a line (HTML Standard, server-sent events, interpretation): its field by the name before the first colon, its value without
 * the one space that may stand before it. The first line of a stream may have a byte order mark.
 */
export function readSseField(line: Buffer, first: boolean): SseField {
  const start = first && line.subarray(0, 3).equals(BYTE_ORDER_MARK) ? 3 : 0;
  if (line.length === start) return { kind: 'blank', valueStart: start };
  const colon = line.indexOf(COLON, start);
  if (colon === start) return { kind: 'comment', valueStart: start + 1 };
  const nameEnd = colon < 0 ? line.length : colon;
  const afterColon = colon < 0 ? line.length : colon + 1;
  const valueStart = line[afterColon] === SPACE ? afterColon + 1 : afterColon;
  return { kind: kindOf(line.toString('latin1', start, nameEnd)), valueStart };
}

function kindOf(name: string): SseFieldKind {
  if (name === 'data') return 'data';
  return name === 'event' || name === 'id' || name === 'retry' ? 'other' : 'unknown';
}
