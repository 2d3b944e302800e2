/** Texts of others go into answers, logs and events up to here. */
const MAX_TEXT = 200;

/** A text of somebody else, cut where it is long. */
export function shorten(text: string): string {
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}…`;
}
