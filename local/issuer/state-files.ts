import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type ZodType, z } from 'zod';
import { isMissingFile, UserError } from '../../core/errors.ts';
import { readTextFile } from '../../runtime/files/read.ts';

/** Files of the development issuer that must survive a restart. */
export interface IssuerFiles {
  /** The private signing keys, a JWK set (RFC 7517). */
  keys: string;
  /** The issuer URL, which carries the port. */
  issuer: string;
  /** The registered clients (RFC 7591). */
  clients: string;
}

/** The files of the development issuer in a state folder. */
export function issuerFiles(stateDir: string): IssuerFiles {
  const folder = join(stateDir, 'issuer');
  return {
    keys: join(folder, 'keys.json'),
    issuer: join(folder, 'issuer.json'),
    clients: join(folder, 'clients.json'),
  };
}

/** Replaces a file in one step, with mode 0600, and creates its folder with mode 0700 if it is missing. */
export async function writePrivateJson(path: string, value: unknown): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${randomUUID()}`;
  try {
    await writeFile(temporary, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/**
 * Reads a JSON file of the issuer. Returns undefined if it does not exist.
 *
 * @throws UserError `config` if the file is not JSON or does not match the shape
 */
export async function readStateJson<T>(path: string, shape: ZodType<T>): Promise<T | undefined> {
  let text: string;
  try {
    text = await readTextFile(path);
  } catch (error) {
    if (isMissingFile(error)) return undefined;
    throw error;
  }
  try {
    return shape.parse(JSON.parse(text));
  } catch (cause) {
    throw new UserError('config', `${path} is damaged`, {
      hint: 'Delete the file; the next start creates a new one. Tokens and logins that depend on it become invalid.',
      cause,
    });
  }
}

const issuerShape = z.object({ issuer: z.url({ protocol: /^http$/ }) });

/** The issuer URL of the last start, without a trailing slash; undefined before the first start. */
export async function readIssuerUrl(stateDir: string): Promise<string | undefined> {
  return (await readStateJson(issuerFiles(stateDir).issuer, issuerShape))?.issuer;
}

/** Stores the issuer URL for the next start and for `issueDevelopmentToken`. */
export async function writeIssuerUrl(stateDir: string, issuer: string): Promise<void> {
  await writePrivateJson(issuerFiles(stateDir).issuer, { issuer });
}
