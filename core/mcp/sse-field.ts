const COLON = 0x3a;
const SPACE = 0x20;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** The kind of a line of an event stream. Clients ignore comments and unknown fields. */
export type SseFieldKind = 'blank' | 'comment' | 'data' | 'other' | 'unknown';

/** A parsed line of an event stream. */
export interface SseField {
  kind: SseFieldKind;
  /** Offset of the value in the line. */
  valueStart: number;
}

/**
 * Parses a line (HTML Standard, server-sent events, interpretation): the name of the field is before the first colon, the value after
 * it, without one leading space. The first line of a stream may have a byte order mark.
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
