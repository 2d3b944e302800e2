/** Texts of clients go into answers and logs up to here. */
const MAX_TEXT = 200;

/** A text of a client, cut where it is long. */
export function shorten(text: string): string {
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}…`;
}
