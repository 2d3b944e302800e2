/** Prefix of the keys of `_meta` that the specification reserves: the envelope of 2026-07-28. */
const RESERVED = 'io.modelcontextprotocol/';

/** Maximum number of keys and values in the envelope of a message. */
export const MAX_ENVELOPE_VALUES = 1_024;

/** An envelope with too many keys and values. */
export class LargeEnvelope extends Error {
  override readonly name = 'LargeEnvelope';
}

/**
 * The parts of a message that determine its kind and era. The classifier rejects forms that many servers accept, such as a further
 * member, `params: null` or `error: null` beside a result. Whether to accept them is for the server: they do not change which method
 * and which names the message has.
 *
 * @throws LargeEnvelope
 */
export function eraPartsOf(body: unknown): unknown {
  return Array.isArray(body) ? body.map(partsOf) : partsOf(body);
}

function partsOf(message: unknown): unknown {
  if (!isObject(message)) return Array.isArray(message) ? [] : message;
  const { params, result, error } = message;
  const parts: Record<string, unknown> = {};
  for (const key of ['jsonrpc', 'id', 'method']) if (Object.hasOwn(message, key)) parts[key] = message[key];
  if (Object.hasOwn(message, 'params') && params !== null) parts.params = paramsOf(params);
  const hasBoth = Object.hasOwn(message, 'result') && Object.hasOwn(message, 'error');
  if (Object.hasOwn(message, 'result') && !(hasBoth && result === null)) parts.result = isObject(result) ? {} : result;
  if (Object.hasOwn(message, 'error') && !(hasBoth && error === null)) parts.error = errorOf(error);
  return parts;
}

function paramsOf(params: unknown): unknown {
  if (!isObject(params)) return Array.isArray(params) ? [] : params;
  const { _meta: meta } = params;
  if (!Object.hasOwn(params, '_meta') || meta === null) return {};
  return { _meta: isObject(meta) ? envelopeOf(meta) : Array.isArray(meta) ? [] : meta };
}

function envelopeOf(meta: Readonly<Record<string, unknown>>): object {
  const envelope = Object.fromEntries(Object.entries(meta).filter(([key]) => key.startsWith(RESERVED)));
  if (countValues(envelope, MAX_ENVELOPE_VALUES) > MAX_ENVELOPE_VALUES) throw new LargeEnvelope();
  return envelope;
}

// An error has a code and a message; its data may be anything.
function errorOf(error: unknown): unknown {
  if (!isObject(error)) return Array.isArray(error) ? [] : error;
  const { code, message } = error;
  return { code, message };
}

// Stops counting above the limit.
function countValues(value: unknown, limit: number): number {
  if (typeof value !== 'object' || value === null) return 1;
  let count = 1;
  for (const inner of Object.values(value)) {
    count += countValues(inner, limit - count);
    if (count > limit) break;
  }
  return count;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
