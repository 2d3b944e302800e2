import type { RequestId } from './denial.ts';

/** Converting an integer takes more than linear time. */
const MAX_DIGITS = 1_024;

/**
 * The id of a parsed JSON-RPC request; null for any other value.
 *
 * @param body the parsed message
 * @param digits the text of its member `id`, if it is a number: of large integers a number keeps only the first digits
 */
export function requestIdOf(body: unknown, digits: string | undefined): RequestId {
  if (typeof body !== 'object' || body === null || !('id' in body) || !('method' in body)) return null;
  const { id } = body;
  if (typeof id === 'string') return id;
  if (typeof id !== 'number') return null;
  return Number.isInteger(id) && !Number.isSafeInteger(id) ? exactId(digits) : id;
}

function exactId(digits = ''): bigint | null {
  return digits.length <= MAX_DIGITS && /^-?\d+$/.test(digits) ? BigInt(digits) : null;
}
