/** The headers of a response that describe its body. Headers of the same name are joined by commas. */
export interface BodyHeaders {
  contentType: string | undefined;
  contentEncoding: string | undefined;
}

/** `unreadable`: the body could hold a list that cannot be filtered. */
export type BodyKind = 'json' | 'events' | 'unreadable';

/**
 * Determines how to read a body. A content type that a client could read as another one is unreadable: clients search the header for
 * either name, and several headers become one with commas. So is every content encoding, since none was requested.
 */
export function bodyKindOf({ contentType = '', contentEncoding = '' }: BodyHeaders): BodyKind {
  if (!/^(identity)?$/i.test(contentEncoding.trim())) return 'unreadable';
  if (/^application\/json *(;[^,]*)?$/i.test(contentType)) return 'json';
  return /^text\/event-stream *(; *charset="?utf-8"? *)?$/i.test(contentType) ? 'events' : 'unreadable';
}
