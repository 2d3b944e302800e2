import { UserError } from '../../core/errors.ts';

/** What a person sees of the UserError that an act throws: `code: message`, and the lines of the hint below. */
export async function rejectionOf(act: () => unknown): Promise<string> {
  try {
    await act();
  } catch (error) {
    if (error instanceof UserError) return [`${error.code}: ${error.message}`, error.hint ?? ''].join('\n').trim();
    throw error;
  }
  return 'nothing was rejected';
}
