/**
 * Whether a pattern matches a whole text. `*` matches any run of characters, including none; `?` matches exactly one; every other
 * character matches itself, case-sensitively. The time is at most proportional to the product of both lengths.
 */
export function matchesGlob(pattern: string, text: string): boolean {
  let [p, t] = [0, 0];
  // Position of the last star, and the end of the text that it has matched so far.
  let [star, taken] = [-1, 0];
  while (t < text.length) {
    if (pattern[p] === '*') {
      star = p++;
      taken = t;
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === text[t])) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++taken;
    } else {
      return false;
    }
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}
