/** The headers of a response that describe its body. Headers of the same name are joined by commas. */
export interface BodyHeaders {
  contentType: string | undefined;
  contentEncoding: string | undefined;
}

/** How to read a body, or why it cannot be read: it could hold a list that cannot be filtered. */
export type BodyKind = 'json' | 'events' | { unreadable: 'type' | 'encoding' | 'charset' };

/**
 * Determines how to read a body. A content type that a client could read as another one is unreadable: clients search the header for
 * either name, and several headers become one with commas. So is every content encoding, since none was requested, and every charset but
 * UTF-8, since a client that decodes the body by it may find other names in it: `+AHQAbwBvAGwAcw-` is `tools` in UTF-7.
 */
export function bodyKindOf({ contentType = '', contentEncoding = '' }: BodyHeaders): BodyKind {
  if (!/^(identity)?$/i.test(contentEncoding.trim())) return { unreadable: 'encoding' };
  const charsets = contentType.match(/charset/gi) ?? [];
  const isUtf8 = charsets.length === 0 || (charsets.length === 1 && UTF8.test(contentType));
  if (/^application\/json *(;[^,]*)?$/i.test(contentType)) return isUtf8 ? 'json' : { unreadable: 'charset' };
  if (!isUtf8) return { unreadable: 'charset' };
  return /^text\/event-stream *(; *charset="?utf-8"? *)?$/i.test(contentType) ? 'events' : { unreadable: 'type' };
}

const UTF8 = /; *charset *= *("?)utf-?8\1 *(?:;|$)/i;
