/** Maximum length of foreign text in answers, logs and events. */
const MAX_TEXT = 200;

/** Cuts a text of foreign origin to at most 200 characters and an ellipsis. */
export function shorten(text: string): string {
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}…`;
}
