import { closeSync, openSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** How much of a log is kept. */
export interface RotationLimits {
  /** Size in bytes from which a file is replaced; 0: never. */
  maxFileBytes: number;
  /** Number of files, with the current one; at least 2. */
  maxFiles: number;
}

/** A lock that is older than this was left behind by a process that was killed. */
const STALE_LOCK_MS = 10_000;

/**
 * Renames a log file to `<file>.1`, `<file>.1` to `<file>.2` and so on, and removes the oldest ones. Several processes may write the
 * file: the first one that gets the lock renames it, and the others find another file at its path.
 *
 * @param inode of the file that has grown too large; if the path has another one, nothing happens
 */
export function rotate(file: string, inode: number, { maxFiles }: RotationLimits): void {
  const lock = `${file}.lock`;
  if (!acquire(lock)) return;
  try {
    if (statSync(file).ino !== inode) return;
    const numbers = rotatedFiles(file);
    for (const number of numbers) if (number >= maxFiles - 1) rmSync(`${file}.${number}`, { force: true });
    // The highest number first.
    for (const number of numbers) if (number < maxFiles - 1) renameSync(`${file}.${number}`, `${file}.${number + 1}`);
    renameSync(file, `${file}.1`);
  } finally {
    rmSync(lock, { force: true });
  }
}

/** The numbers of the rotated files of a log, oldest file first. */
export function rotatedFiles(file: string): number[] {
  const start = `${basename(file)}.`;
  const ends = readdirSync(dirname(file)).flatMap((name) => (name.startsWith(start) ? name.slice(start.length) : []));
  return ends
    .filter((end) => /^[1-9]\d{0,8}$/.test(end))
    .map(Number)
    .sort((a, b) => b - a);
}

/** Paths of all files of a log, oldest first. */
export function filesOfLog(file: string): string[] {
  return [...rotatedFiles(file).map((number) => join(dirname(file), `${basename(file)}.${number}`)), file];
}

function acquire(lock: string): boolean {
  try {
    closeSync(openSync(lock, 'wx', 0o600));
    return true;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    const made = statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Number.POSITIVE_INFINITY;
    if (Date.now() - made > STALE_LOCK_MS) rmSync(lock, { force: true });
    return false;
  }
}
