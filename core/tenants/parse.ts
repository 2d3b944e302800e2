import { parseYaml } from '../document/parse.ts';
import type { Parsed } from '../document/problems.ts';
import { type Tenant, tenantsSchema } from './tenants.ts';

/**
 * Parses a tenants document.
 *
 * @param source name of the document, as in messages
 */
export function parseTenants(text: string, source: string): Parsed<readonly Tenant[]> {
  const parsed = parseYaml(text, source, tenantsSchema);
  return parsed.ok ? { ok: true, value: parsed.value.tenants } : parsed;
}
