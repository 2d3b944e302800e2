const PLAIN = /^[A-Za-z0-9_\-.,:/@%+=]+$/;

/** Quotes words for a line of a POSIX shell. */
export function shellLine(words: readonly string[]): string {
  return words.map((word) => (PLAIN.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ');
}
