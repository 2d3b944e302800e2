import { UserError, type UserErrorCode } from '../../core/errors.ts';
import { type ApiErrorKind, isApiError, toUserError } from '../api/errors.ts';

const CODES: Readonly<Partial<Record<ApiErrorKind, UserErrorCode>>> = {
  'not-found': 'no-such',
  'already-exists': 'exists',
  conflict: 'conflict',
  gone: 'conflict',
  rejected: 'config',
};

const CONFLICT = 'Another client kept changing the object at the same time. Read it again, then retry.';

/** Runs an operation and turns an ApiError into a UserError, which names a missing permission. */
export async function withUserErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isApiError(error)) throw error;
    const userError = toUserError(error);
    const hint = error.kind === 'conflict' ? CONFLICT : userError.hint;
    throw new UserError(CODES[error.kind] ?? userError.code, userError.message, {
      cause: error,
      ...(hint === undefined ? {} : { hint }),
    });
  }
}
