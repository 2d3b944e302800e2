import { isMissingFile, messageOf, UserError } from '../../core/errors.ts';
import { readTextFile } from '../../runtime/files/read.ts';
import { rewriteFile } from '../documents/rewrite-file.ts';
import type { TenantsDocument } from '../installation.ts';

/**
 * A tenants document in a file.
 *
 * @param source its name in messages
 * @param locate finds the file; called before each access
 */
export function tenantsFile(source: string, locate: () => Promise<string>): TenantsDocument {
  return {
    source,
    read: async () => readText(await locate()),
    edit: async (change) => rewriteFile(await locate(), change),
  };
}

/** Reads a text file. Throws a UserError `missing-file`, or `config` if it is there and cannot be read. */
export async function readText(file: string): Promise<string> {
  return readTextFile(file).catch((cause: unknown) => {
    const code = isMissingFile(cause) ? 'missing-file' : 'config';
    throw new UserError(code, `${file} cannot be read: ${messageOf(cause)}`, { cause });
  });
}
