const PLAIN = /^[A-Za-z0-9_\-.,:/@%+=]+$/;

/** A line for a POSIX shell that stands for these words, whatever is in them. */
export function shellLine(words: readonly string[]): string {
  return words.map((word) => (PLAIN.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ');
}
