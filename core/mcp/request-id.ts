import type { RequestId } from './denial.ts';

/**
 * The id of a parsed JSON-RPC request; null for any other value.
 *
 * @param body the parsed message
 * @param text the text of the message
 */
export function requestIdOf(body: unknown, text: string): RequestId {
  if (typeof body !== 'object' || body === null || !('id' in body) || !('method' in body)) return null;
  const { id } = body;
  if (typeof id === 'string') return id;
  if (typeof id !== 'number') return null;
  return Number.isInteger(id) && !Number.isSafeInteger(id) ? exactId(text) : id;
}

type Reviver = (this: unknown, key: string, value: unknown, context: { source?: string }) => unknown;

// Parses again to get the digits (ECMAScript, JSON.parse source text access).
function exactId(text: string): bigint | null {
  const sources = new Map<unknown, string | undefined>();
  const reviver: Reviver = function (key, value, { source }) {
    if (key === 'id') sources.set(this, source);
    return value;
  };
  const digits = sources.get(JSON.parse(text, reviver as (key: string, value: unknown) => unknown)) ?? '';
  return /^-?\d+$/.test(digits) ? BigInt(digits) : null;
}
