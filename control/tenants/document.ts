import { isDeepStrictEqual } from 'node:util';
import { formatProblem } from '../../core/document/problems.ts';
import { UserError } from '../../core/errors.ts';
import { parseTenants } from '../../core/tenants/parse.ts';
import type { Tenant } from '../../core/tenants/tenants.ts';

/**
 * Checks that an edit changed none of the other tenants: an anchor would carry the change to every tenant that refers to it.
 *
 * @param isEdited by index and name
 * @throws UserError `config`
 */
export function checkOthers(
  source: string,
  before: readonly Tenant[],
  after: readonly Tenant[],
  isEdited: (index: number, name: string) => boolean,
): void {
  const others = (tenants: readonly Tenant[]) => tenants.filter(({ name }, index) => !isEdited(index, name));
  if (!isDeepStrictEqual(others(after), others(before))) {
    throw notEditable(source, 'other tenants share this value through a YAML anchor');
  }
}

/** The error for a document that an edit cannot change without changing more than it should. */
export function notEditable(source: string, reason: string): UserError {
  return new UserError('config', `${source} cannot be edited here: ${reason}`, { hint: 'Edit it by hand.' });
}

/** The tenants in a document. Throws a UserError `config` that lists all errors of the document. */
export function tenantsIn(text: string, source: string): readonly Tenant[] {
  const parsed = parseTenants(text, source);
  if (parsed.ok) return parsed.value;
  throw new UserError('config', `${source} has errors; fix them first`, {
    hint: parsed.problems.map(formatProblem).join('\n'),
  });
}
