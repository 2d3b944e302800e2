import { z } from 'zod';

/** The name of the backend with the admin tools. */
export const ADMIN_BACKEND = 'gateway';

/** Names that backends must not have, since they are paths of the gateway itself, now or later. */
export const RESERVED_NAMES: ReadonlySet<string> = new Set([
  ADMIN_BACKEND,
  'mcp',
  'sse',
  'healthz',
  'readyz',
  'metrics',
  'admin',
]);

const DNS_LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** Whether a text is a DNS label (RFC 1123): 1 to 63 of a-z, 0-9 and -, with no - at either end. */
export function isDnsLabel(text: string): boolean {
  return DNS_LABEL.test(text);
}

/** A name of a tenant; also of a backend, except that some are reserved. */
export const dnsLabel = z
  .string()
  .regex(DNS_LABEL, 'must be a DNS label: at most 63 of a-z, 0-9 and -, with no - at either end');

/** The name of a backend: a DNS label that is not reserved. */
export const backendName = dnsLabel.refine((name) => !RESERVED_NAMES.has(name), 'is reserved for the gateway itself');

/**
 * Maximum length of the name of a backend that the operator runs. Its StatefulSet is `mcp-<name>`, from which Kubernetes makes labels
 * with a hash, of at most 63 characters.
 */
export const MAX_WORKLOAD_NAME = 48;
