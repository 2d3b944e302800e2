/** V8's objects on a 64-bit machine, rounded up: measured with values that JSON.parse makes. */
const BYTES = {
  string: 32,
  element: 8,
  array: 64,
  object: 64,
  /** Each object with other keys has a description of its own. */
  member: 96,
} as const;

const BEYOND_LATIN1 = /[^\0-\xff]/;

/** The memory in bytes that a JSON value takes at most, about. Not recursive: a token may be nested thousands of levels deep. */
export function memorySizeOf(value: unknown): number {
  const open: unknown[] = [value];
  let size = 0;
  while (open.length > 0) {
    const next = open.pop();
    if (typeof next === 'string') {
      size += sizeOfText(next);
    } else if (Array.isArray(next)) {
      size += BYTES.array + next.length * BYTES.element;
      for (const element of next) open.push(element);
    } else if (typeof next === 'object' && next !== null) {
      size += BYTES.object;
      for (const [key, member] of Object.entries(next)) {
        size += BYTES.member + sizeOfText(key);
        open.push(member);
      }
    } else {
      size += BYTES.element;
    }
  }
  return size;
}

function sizeOfText(text: string): number {
  return BYTES.string + text.length * (BEYOND_LATIN1.test(text) ? 2 : 1);
}
