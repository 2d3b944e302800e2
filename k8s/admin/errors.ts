import { UserError, type UserErrorCode } from '../../core/errors.ts';
import { type ApiErrorKind, isApiError, toUserError } from '../api/errors.ts';

const CODES: Readonly<Partial<Record<ApiErrorKind, UserErrorCode>>> = {
  'not-found': 'no-such',
  'already-exists': 'exists',
  conflict: 'conflict',
  gone: 'conflict',
  rejected: 'config',
};

const CONFLICT = 'Somebody else changed it at the same moment, again and again. Look at it anew, and try again.';

/** Does something, and says what went wrong in words for people: a missing permission is named. */
export async function inWords<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isApiError(error)) throw error;
    const words = toUserError(error);
    const hint = error.kind === 'conflict' ? CONFLICT : words.hint;
    throw new UserError(CODES[error.kind] ?? words.code, words.message, {
      cause: error,
      ...(hint === undefined ? {} : { hint }),
    });
  }
}
