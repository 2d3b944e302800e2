import { formatProblem } from '../../core/document/problems.ts';
import { UserError } from '../../core/errors.ts';
import { parseSessionKeys, type SessionKeys } from '../../core/session/keys.ts';

/** The session keys in a text. Throws a UserError `config` with all problems if they are not usable. */
export function sessionKeysIn(text: string, source: string): SessionKeys {
  const parsed = parseSessionKeys(text, source);
  if (parsed.ok) return parsed.value;
  throw new UserError('config', `${source} holds no usable session keys`, {
    hint: parsed.problems.map(formatProblem).join('\n'),
  });
}
