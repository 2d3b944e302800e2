// Control characters except line breaks and tabs, and characters that change the direction of writing.
const UNSEEN = /(?![\n\t])[\p{Cc}\p{Bidi_Control}]/gu;

/**
 * Makes a text safe to print. Much of it comes from servers, clients and clusters; characters that would control the terminal become
 * escapes such as `\u001b`, which are also valid in JSON.
 */
export function visible(text: string): string {
  return text.replace(UNSEEN, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
