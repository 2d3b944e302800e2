import { existsSync, renameSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, UserError } from '../../core/errors.ts';
import { acquireLock } from '../../runtime/processes/lock.ts';
import { type Go, type GoCall, runGo } from './go.ts';

/** A program that is built with Go, once for each key. */
export interface GoProgram {
  /** Of the program and its file. */
  name: string;
  /** Made of everything that the binary depends on. Letters, digits, `.`, `-`. */
  key: string;
  /** What a first build takes, for the one who waits, such as `7 to 10 minutes`. */
  firstBuild: string;
  /** Leaves the program as `<folder>/<name>`; the folder is empty and removed afterwards. */
  build: (folder: string, run: RunGo) => Promise<void>;
}

/** Runs Go and gives what it prints to standard output. Throws with what it said when it fails. */
export type RunGo = (call: GoCall) => Promise<string>;

/** Settings of {@link buildOnce}. */
export interface BuildOptions {
  go: Go;
  /** Folder for what can be made again, see runtime/paths.ts. Programs are kept in `go/` below it. */
  cacheDir: string;
  /** Called with each line that tells a person what goes on. */
  progress: (line: string) => void;
}

const DRAFT_PREFIX = '.build-';
const WAIT_POLL_MS = 500;
/** A build of another key is kept for so long after it was last used: two checkouts may take turns. */
const UNUSED_LIFETIME_MS = 7 * 86_400_000;

/**
 * Path of a program in the cache, built first when it is not there. Of several that want it at once one builds and the others wait
 * for it. The file appears by one rename: it is whole or not there.
 * @throws UserError `missing-file` when it cannot be built
 */
export async function buildOnce(program: GoProgram, options: BuildOptions): Promise<string> {
  const home = join(options.cacheDir, 'go', `${program.name}-${program.key}`);
  const path = join(home, program.name);
  if (!existsSync(path)) await buildLocked(program, path, options);
  const now = new Date();
  await utimes(home, now, now);
  await removeUnused(program, dirname(home));
  return path;
}

async function buildLocked(program: GoProgram, path: string, { go, progress }: BuildOptions): Promise<void> {
  const lock = await waitForLock(program, path, progress);
  if (lock === undefined) return;
  // Only the holder of the lock has drafts: those that are there were left by builds that were killed.
  await removeAll(dirname(path), (entry) => entry.startsWith(DRAFT_PREFIX));
  const draft = await mkdtemp(join(dirname(path), DRAFT_PREFIX));
  try {
    if (existsSync(path)) return;
    progress(`Building ${program.name} with ${go.version} (the first time ${program.firstBuild}, later seconds)`);
    const startedAt = performance.now();
    await program.build(draft, (call) => runGo({ ...call, go, name: program.name, progress }));
    renameSync(join(draft, program.name), path);
    progress(`Built ${path} in ${Math.round((performance.now() - startedAt) / 1000)} s`);
  } catch (error) {
    throw cannotBuild(program, messageOf(error));
  } finally {
    await rm(draft, { recursive: true, force: true });
    lock.release();
  }
}

/** The lock on the program's folder, or nothing when somebody else has built it meanwhile. */
async function waitForLock(program: GoProgram, path: string, progress: (line: string) => void) {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  for (let waited = false; !existsSync(path); waited = true) {
    try {
      return await acquireLock(folder);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      if (!waited) progress(`Another process is building ${program.name} (${program.firstBuild}): waiting for it`);
      await sleep(WAIT_POLL_MS);
    }
  }
  return undefined;
}

async function removeUnused(program: GoProgram, folder: string): Promise<void> {
  const oldestMs = Date.now() - UNUSED_LIFETIME_MS;
  await removeAll(folder, async (entry) => {
    if (!entry.startsWith(`${program.name}-`) || entry === `${program.name}-${program.key}`) return false;
    const found = await stat(join(folder, entry)).catch(() => undefined);
    return found !== undefined && found.mtimeMs < oldestMs;
  });
}

async function removeAll(folder: string, which: (entry: string) => boolean | Promise<boolean>): Promise<void> {
  for (const entry of await readdir(folder))
    if (await which(entry)) await rm(join(folder, entry), { recursive: true, force: true });
}

function cannotBuild(program: GoProgram, reason: string): UserError {
  return new UserError('missing-file', `${program.name}, which the tests need, cannot be built:\n${reason}`, {
    hint: 'See "Tests on a cluster" in CONTRIBUTING.md for what a build needs.',
  });
}
