const QUESTION_MARK = 0x3f;

/**
 * Whether a pattern matches a whole text. `*` matches any run of characters, including none; `?` matches exactly one; every other
 * character matches itself, case-sensitively. The parts between stars are looked for from left to right with the search of the engine,
 * except those with `?`, for which the time is at most proportional to the product of both lengths.
 */
export function matchesGlob(pattern: string, text: string): boolean {
  const firstStar = pattern.indexOf('*');
  if (firstStar < 0) return pattern.length === text.length && isAt(pattern, text, 0);
  const lastStar = pattern.lastIndexOf('*');
  const suffix = pattern.slice(lastStar + 1);
  // Where the part between the first and the last star must end.
  const limit = text.length - suffix.length;
  if (firstStar > limit || !isAt(pattern.slice(0, firstStar), text, 0) || !isAt(suffix, text, limit)) return false;
  let at = firstStar;
  for (let star = firstStar; star < lastStar; ) {
    const next = pattern.indexOf('*', star + 1);
    const part = pattern.slice(star + 1, next);
    const found = find(part, text, at);
    if (found < 0 || found + part.length > limit) return false;
    at = found + part.length;
    star = next;
  }
  return true;
}

// The first position, from a given one on, at which a part without stars matches; -1 if there is none.
function find(part: string, text: string, from: number): number {
  if (!part.includes('?')) return text.indexOf(part, from);
  for (let at = from; at + part.length <= text.length; at += 1) if (isAt(part, text, at)) return at;
  return -1;
}

function isAt(part: string, text: string, at: number): boolean {
  if (!part.includes('?')) return text.startsWith(part, at);
  for (let index = 0; index < part.length; index += 1) {
    const code = part.charCodeAt(index);
    if (code !== QUESTION_MARK && code !== text.charCodeAt(at + index)) return false;
  }
  return at + part.length <= text.length;
}
