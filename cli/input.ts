import { readFile } from 'node:fs/promises';
import { messageOf, UserError } from '../core/errors.ts';

/** The text of a file, or of standard input for `-`. Throws a UserError `missing-file` if it cannot be read. */
export async function readInput(file: string): Promise<string> {
  return readFile(file === '-' ? '/dev/stdin' : file, 'utf8').catch((cause: unknown) => {
    throw new UserError('missing-file', `${file} cannot be read: ${messageOf(cause)}`, { cause });
  });
}
