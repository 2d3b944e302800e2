import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type ZodType, z } from 'zod';
import { UserError } from '../../core/errors.ts';

/** Where the development issuer keeps what must survive a restart. */
export interface IssuerFiles {
  /** The private signing keys, a JWK set (RFC 7517). */
  keys: string;
  /** The issuer URL, which carries the port. */
  issuer: string;
  /** The registered clients (RFC 7591). */
  clients: string;
}

/** The files of the development issuer inside a state folder. */
export function issuerFiles(stateDir: string): IssuerFiles {
  const folder = join(stateDir, 'issuer');
  return {
    keys: join(folder, 'keys.json'),
    issuer: join(folder, 'issuer.json'),
    clients: join(folder, 'clients.json'),
  };
}

/** Replaces a file as a whole, readable by its owner alone (0600), and makes its folder (0700) when it is missing. */
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
 * Reads a JSON file of the issuer, or gives undefined when there is none.
 *
 * @throws UserError `config` when the file is not JSON or has another shape.
 */
export async function readStateJson<T>(path: string, shape: ZodType<T>): Promise<T | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return shape.parse(JSON.parse(text));
  } catch (cause) {
    throw new UserError('config', `${path} is damaged`, {
      hint: 'Delete the file; it is made again at the next start. Tokens and logins that depend on it end.',
      cause,
    });
  }
}

const issuerShape = z.object({ issuer: z.url({ protocol: /^http$/ }) });

/** The issuer URL of the last start, without a trailing slash, or undefined before the first. */
export async function readIssuerUrl(stateDir: string): Promise<string | undefined> {
  return (await readStateJson(issuerFiles(stateDir).issuer, issuerShape))?.issuer;
}

/** Remembers the issuer URL for the next start and for `issueDevelopmentToken`. */
export async function writeIssuerUrl(stateDir: string, issuer: string): Promise<void> {
  await writePrivateJson(issuerFiles(stateDir).issuer, { issuer });
}
