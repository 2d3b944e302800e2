// Control characters but line breaks and tabs, and those that turn the direction of writing.
const UNSEEN = /(?![\n\t])[\p{Cc}\p{Bidi_Control}]/gu;

/**
 * A text as it can be written to a terminal. Much of it comes from servers, clients and clusters: what would steer the terminal is
 * written as `\u001b`, which is what JSON has for it, too.
 */
export function visible(text: string): string {
  return text.replace(UNSEEN, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
