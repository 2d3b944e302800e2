/** The headers of a response that tell what its body is; several of the same name joined by commas. */
export interface BodyHeaders {
  contentType: string | undefined;
  contentEncoding: string | undefined;
}

/** `unreadable` bodies could hold a list that nobody can filter. */
export type BodyKind = 'json' | 'events' | 'unreadable';

/**
 * Tells how to read a body. A type that clients could take for another one is unreadable: they look for one name or the other
 * anywhere in the header, and several headers are one with commas. So is every encoding, since none was asked for.
 */
export function bodyKindOf({ contentType = '', contentEncoding = '' }: BodyHeaders): BodyKind {
  if (!/^(identity)?$/i.test(contentEncoding.trim())) return 'unreadable';
  if (/^application\/json *(;[^,]*)?$/i.test(contentType)) return 'json';
  return /^text\/event-stream *(; *charset="?utf-8"? *)?$/i.test(contentType) ? 'events' : 'unreadable';
}
