import { linkSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../../core/errors.ts';
import { readTextFileSync } from '../files/read-sync.ts';
import { isAlive, ownIdentity, type ProcessIdentity } from './identity.ts';

/** The lock of one gateway on its state folder. */
export interface StateLock {
  readonly file: string;
  /** Releases the lock. Does nothing if another process holds it by now. */
  release(): void;
}

const LOCK_FILE = 'gateway.lock';
const ATTEMPTS = 50;
const RETRY_MS = 10;

/**
 * Locks a state folder for this process, and creates the folder if it is missing. It takes over the lock of a process that is
 * gone.
 *
 * The file contains pid and start time as JSON. It is written under another name and then linked: link fails if the lock
 * exists, like O_EXCL, and a reader never sees an empty lock, which it would consider stale.
 *
 * @throws UserError `already-running` if another gateway holds the lock
 */
export async function acquireLock(stateDir: string): Promise<StateLock> {
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  const file = join(stateDir, LOCK_FILE);
  const own = ownIdentity();
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    if (claim(file, own) || takeOver(file, own)) return { file, release: () => releaseLock(file, own) };
    const holder = readHolder(file);
    if (holder !== undefined && isAlive(holder)) throw alreadyRunning(stateDir, holder);
    await sleep(RETRY_MS); // Another gateway is taking over the same stale lock.
  }
  throw new Error(
    `could not acquire ${file} in ${ATTEMPTS} attempts; if no gateway runs, delete it and ${file}.takeover`,
  );
}

/** Creates the lock. Returns false if it exists. */
function claim(file: string, own: ProcessIdentity): boolean {
  const draft = writeDraft(file, own);
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/**
 * Replaces the lock of a process that is gone. If two processes replaced the same stale lock, the second would remove the new
 * lock of the first. A guard, itself a lock, prevents that; its owner reads the holder again.
 */
function takeOver(file: string, own: ProcessIdentity): boolean {
  const guard = `${file}.takeover`;
  if (!claim(guard, own)) {
    const guardian = readHolder(guard);
    // Its owner was killed between the lines below. The next attempt finds no guard.
    if (guardian !== undefined && !isAlive(guardian)) rmSync(guard, { force: true });
    return false;
  }
  try {
    const holder = readHolder(file);
    if (holder !== undefined && isAlive(holder)) return false;
    renameSync(writeDraft(file, own), file);
    return true;
  } finally {
    rmSync(guard, { force: true });
  }
}

function releaseLock(file: string, own: ProcessIdentity): void {
  const holder = readHolder(file);
  if (holder?.pid === own.pid && holder.start === own.start) rmSync(file, { force: true });
}

function writeDraft(file: string, own: ProcessIdentity): string {
  const draft = `${file}.${own.pid}`;
  writeFileSync(draft, JSON.stringify(own), { mode: 0o600 });
  return draft;
}

/** The holder of a lock; undefined if there is no lock or its content is damaged. */
function readHolder(file: string): ProcessIdentity | undefined {
  try {
    const { pid, start } = JSON.parse(readTextFileSync(file)) as Record<string, unknown>;
    return typeof pid === 'number' && typeof start === 'string' ? { pid, start } : undefined;
  } catch {
    return undefined;
  }
}

function alreadyRunning(stateDir: string, { pid }: ProcessIdentity): UserError {
  return new UserError('already-running', `another gateway is already running: process ${pid} uses ${stateDir}`, {
    hint: `Stop it first (kill ${pid}), or choose another state folder with --state-dir.`,
  });
}
