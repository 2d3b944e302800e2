import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../core/errors.ts';
import type { Children } from './children.ts';
import { exists } from './exists.ts';

const HINT = 'Install Go 1.22 or newer from https://go.dev/dl/, so that `go version` works.';

/** The version of the Go toolchain, such as `go1.24.1`. */
export async function goVersion(children: Children): Promise<string> {
  try {
    return await children.run({ name: 'go env', command: 'go', args: ['env', 'GOVERSION'] });
  } catch (cause) {
    throw new UserError('missing-file', 'the benchmark needs Go for its upstream and the rate limit service', {
      hint: HINT,
      cause,
    });
  }
}

/** Builds a program without dependencies from its folder, unless the cache has it for the same sources and toolchain. */
export async function buildGoProgram(
  children: Children,
  sourceDir: string,
  name: string,
  cacheDir: string,
): Promise<string> {
  const key = await hashOf(sourceDir, await goVersion(children));
  const target = join(cacheDir, `${name}-${key}`);
  if (await exists(target)) return target;
  await mkdir(cacheDir, { recursive: true });
  const unfinished = `${target}.${process.pid}`;
  await children.run({
    name: `go build (${name})`,
    command: 'go',
    args: ['build', '-trimpath', '-buildvcs=false', '-o', unfinished, '.'],
    cwd: sourceDir,
  });
  await rename(unfinished, target);
  return target;
}

/**
 * Installs a program of a Go module at a pinned version into the cache.
 * @param packagePath the package with the program, such as `github.com/owner/module/src/cmd`
 */
export async function installGoProgram(
  children: Children,
  packagePath: string,
  version: string,
  cacheDir: string,
): Promise<string> {
  const name = packagePath.slice(packagePath.lastIndexOf('/') + 1);
  const folder = join(cacheDir, `${name}-${version}-${await goVersion(children)}`);
  const target = join(folder, name);
  if (await exists(target)) return target;
  await mkdir(folder, { recursive: true });
  await children.run({
    name: `go install (${packagePath})`,
    command: 'go',
    args: ['install', '-trimpath', `${packagePath}@${version}`],
    cwd: folder,
    env: { GOBIN: folder },
  });
  return target;
}

async function hashOf(folder: string, toolchain: string): Promise<string> {
  const hash = createHash('sha256').update(toolchain);
  for (const file of (await readdir(folder)).sort())
    hash.update(`\n${file}\n`).update(await readFile(join(folder, file)));
  return hash.digest('hex').slice(0, 16);
}
