import { formatProblem } from '../../core/document/problems.ts';
import { UserError } from '../../core/errors.ts';
import { parseTenants } from '../../core/tenants/parse.ts';
import type { Tenant } from '../../core/tenants/tenants.ts';

/** The tenants in a document. Throws a UserError `config` with all problems of a document that is not sound. */
export function tenantsIn(text: string, source: string): readonly Tenant[] {
  const parsed = parseTenants(text, source);
  if (parsed.ok) return parsed.value;
  throw new UserError('config', `${source} has errors; fix them first`, {
    hint: parsed.problems.map(formatProblem).join('\n'),
  });
}
