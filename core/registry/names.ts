import { z } from 'zod';

/** Names that a backend may not take: paths of the gateway itself, now or later. */
export const RESERVED_NAMES: ReadonlySet<string> = new Set([
  'gateway',
  'mcp',
  'sse',
  'healthz',
  'readyz',
  'metrics',
  'admin',
]);

/** Whether a text is a DNS label (RFC 1123): 1 to 63 of a-z, 0-9 and -, with no - at either end. */
export function isDnsLabel(text: string): boolean {
  return text.length <= 63 && /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/.test(text);
}

/** The name of a tenant or, without the reserved ones, of a backend. */
export const dnsLabel = z
  .string()
  .refine(isDnsLabel, 'must be a DNS label: at most 63 of a-z, 0-9 and -, with no - at either end');

/** The name of a backend: a DNS label that is not reserved. */
export const backendName = dnsLabel.refine((name) => !RESERVED_NAMES.has(name), 'is reserved for the gateway itself');
