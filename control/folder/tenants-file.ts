import { readFile } from 'node:fs/promises';
import { isMissingFile, messageOf, UserError } from '../../core/errors.ts';
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

/** Reads a text file. Throws a UserError `missing-file` or `forbidden`. */
export async function readText(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((cause: unknown) => {
    const code = isMissingFile(cause) ? 'missing-file' : 'forbidden';
    throw new UserError(code, `${file} cannot be read: ${messageOf(cause)}`, { cause });
  });
}
