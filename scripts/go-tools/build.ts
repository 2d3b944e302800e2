import { existsSync, renameSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, UserError } from '../../core/errors.ts';
import { acquireLock } from '../../runtime/processes/lock.ts';
import { type Go, type GoCall, runGo } from './go.ts';

/** A program that is built with Go and cached by key. */
export interface GoProgram {
  /** Name of the program and of its file. */
  name: string;
  /** Changes with everything that the binary depends on. Letters, digits, `.`, `-`. */
  key: string;
  /** Duration of a first build, for messages, such as `7 to 10 minutes`. */
  firstBuild: string;
  /** Writes the program to `<folder>/<name>`. The folder is empty before and removed afterwards. */
  build: (folder: string, run: RunGo) => Promise<void>;
}

/** Runs Go and returns its standard output. Rejects with its error output if it fails. */
export type RunGo = (call: GoCall) => Promise<string>;

/** Settings of {@link buildOnce}. */
export interface BuildOptions {
  go: Go;
  /** The cache folder, see runtime/paths.ts. Programs are kept in its subfolder `go`. */
  cacheDir: string;
  /** Called with each line of progress for a person. */
  progress: (line: string) => void;
}

const DRAFT_PREFIX = '.build-';
const WAIT_POLL_MS = 500;
/** How long a build of another key is kept after its last use: two checkouts may take turns. */
const UNUSED_LIFETIME_MS = 7 * 86_400_000;

/**
 * Path of a program in the cache; it is built if the cache does not have it. Of several callers at the same time one builds it and the
 * others wait. The file appears by one rename, so it is never incomplete.
 * @throws UserError `missing-file` if it cannot be built
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
  // Only the holder of the lock creates drafts, so these were left behind by builds that were killed.
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

/** The lock on the program's folder, or undefined if another process has built the program meanwhile. */
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
  return new UserError('missing-file', `cannot build ${program.name}, which the tests need:\n${reason}`, {
    hint: 'See "Tests on a cluster" in CONTRIBUTING.md for the requirements of a build.',
  });
}
