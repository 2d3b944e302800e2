import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../core/errors.ts';
import { readTextFileSync } from '../files/read-sync.ts';
import { metadataSocket } from './sockets.ts';

/** Paths of a local gateway's state. Only this user may access them. */
export interface StateFolder {
  root: string;
  /** Sockets and Envoy's configuration; emptied at each start. Working directory of the roles. */
  run: string;
  /** Endpoints of `command` backends. */
  endpoints: string;
  /** Records of their processes: state, history and last output. */
  replicas: string;
  sessionKeys: string;
  endedSessions: string;
  /**
   * Secret with which the gateway authenticates to the process that serves the admin tools. The file has kept its first name,
   * so that an upgrade finds it.
   */
  adminToolsSecret: string;
  /** Every decision, one JSON object per line. */
  audit: string;
  /** Running children, so that the next start can end them if this process is killed. */
  children: string;
  /** Facts about the gateway for other commands. */
  facts: string;
}

const factsSchema = z.object({
  publicUrl: z.url(),
  watcherSocket: z.string(),
  /** Path of the tenants document. */
  tenantsFile: z.string(),
});

/** What `up` writes for `token`, `status` and `quota`. Paths are absolute. */
export type GatewayFacts = z.output<typeof factsSchema>;

/** The paths in a state folder. */
export function stateFolder(root: string): StateFolder {
  return {
    root,
    run: join(root, 'run'),
    endpoints: join(root, 'run', 'endpoints'),
    replicas: join(root, 'run', 'replicas'),
    sessionKeys: join(root, 'session-keys'),
    endedSessions: join(root, 'ended-sessions'),
    adminToolsSecret: join(root, 'own-tools-secret'),
    audit: join(root, 'audit.log'),
    children: join(root, 'children.json'),
    facts: join(root, 'gateway.json'),
  };
}

/** Longest path of a Unix socket: the limit is 108 bytes on Linux and 104 elsewhere, including the terminating NUL. */
const MAX_SOCKET_PATH = 103;

/** Empties the run folder and creates what is missing. Throws a UserError if the paths of sockets would be too long. */
export function prepareStateFolder(folder: StateFolder): void {
  if (Buffer.byteLength(join(folder.run, metadataSocket('00'))) > MAX_SOCKET_PATH) {
    throw new UserError('config', `the path of the state folder is too long for Unix sockets: ${folder.root}`, {
      hint: 'Choose a shorter one with --state-dir.',
    });
  }
  rmSync(folder.run, { recursive: true, force: true });
  for (const made of [folder.endpoints, folder.replicas]) mkdirSync(made, { recursive: true, mode: 0o700 });
  if (existsSync(folder.sessionKeys)) return;
  const text = `# Keys that seal sessions. The first key seals, all keys open. To rotate, put a new key first.\n${randomBytes(32).toString('base64')}\n`;
  writeFileSync(folder.sessionKeys, text, { mode: 0o600 });
}

/** Creates the secret of the admin tools if it is missing. */
export function prepareAdminToolsSecret({ adminToolsSecret }: StateFolder): void {
  if (existsSync(adminToolsSecret)) return;
  writeFileSync(adminToolsSecret, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600 });
}

/** Writes the facts for other commands. */
export function writeFacts(folder: StateFolder, facts: GatewayFacts): void {
  writeFileSync(folder.facts, `${JSON.stringify(facts)}\n`, { mode: 0o600 });
}

/** Reads the facts. Throws a UserError if no gateway was ever started with this folder. */
export function readFacts(folder: StateFolder): GatewayFacts {
  try {
    return factsSchema.parse(JSON.parse(readTextFileSync(folder.facts)));
  } catch (cause) {
    throw new UserError('not-running', `no gateway was started with the state folder ${folder.root}`, {
      hint: 'Start one with mcp-gateway up, or name its folder with --state-dir.',
      cause,
    });
  }
}
