import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../../core/errors.ts';
import { isAlive, ownIdentity, type ProcessIdentity } from './identity.ts';

/** The hold of one gateway on its state folder. */
export interface StateLock {
  readonly file: string;
  /** Gives the folder free. Does nothing when the lock is no longer this process's. */
  release(): void;
}

const LOCK_FILE = 'gateway.lock';
const ATTEMPTS = 50;
const RETRY_MS = 10;

/**
 * Makes this process the only gateway of a state folder, which is created when missing. The lock of a process that is
 * gone is taken over.
 *
 * The file holds pid and start time as JSON. It is written under another name and then linked, which fails like O_EXCL
 * when the lock exists, and never shows an empty lock to a reader, who would take it for a stale one.
 * @throws UserError `already-running` when another gateway holds the folder
 */
export async function acquireLock(stateDir: string): Promise<StateLock> {
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  const file = join(stateDir, LOCK_FILE);
  const own = ownIdentity();
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    if (claim(file, own) || takeOver(file, own)) return { file, release: () => giveBack(file, own) };
    const holder = readHolder(file);
    if (holder !== undefined && isAlive(holder)) throw alreadyRunning(stateDir, holder);
    await sleep(RETRY_MS); // Another gateway is taking over the same stale lock.
  }
  throw new Error(`could not take ${file} in ${ATTEMPTS} attempts; remove it and ${file}.takeover if no gateway runs`);
}

/** Creates the lock, false when there is one. */
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
 * Replaces the lock of a process that is gone. Two that see the same stale lock must not both replace it: the second
 * would replace the first one's. Hence a guard, itself a lock, under which the holder is looked at once more.
 */
function takeOver(file: string, own: ProcessIdentity): boolean {
  const guard = `${file}.takeover`;
  if (!claim(guard, own)) {
    const guardian = readHolder(guard);
    // Killed within the few lines below; the next attempt finds no guard.
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

function giveBack(file: string, own: ProcessIdentity): void {
  const holder = readHolder(file);
  if (holder?.pid === own.pid && holder.start === own.start) rmSync(file, { force: true });
}

function writeDraft(file: string, own: ProcessIdentity): string {
  const draft = `${file}.${own.pid}`;
  writeFileSync(draft, JSON.stringify(own), { mode: 0o600 });
  return draft;
}

/** Undefined when there is no lock, or one whose content is damaged. */
function readHolder(file: string): ProcessIdentity | undefined {
  try {
    const { pid, start } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    return typeof pid === 'number' && typeof start === 'string' ? { pid, start } : undefined;
  } catch {
    return undefined;
  }
}

function alreadyRunning(stateDir: string, { pid }: ProcessIdentity): UserError {
  return new UserError('already-running', `a gateway is already running here: process ${pid} holds ${stateDir}`, {
    hint: `Stop it first (kill ${pid}), or give this one a state folder of its own with --state-dir.`,
  });
}
