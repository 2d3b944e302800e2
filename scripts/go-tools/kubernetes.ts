import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { z } from 'zod';
import type { RunGo } from './build.ts';

/** The only change to Kubernetes; part of the cache key of the build. */
export const LOOPBACK_RULE = {
  file: 'pkg/apis/core/validation/validation.go',
  text: 'if ip.IsLoopback() {',
  replacement: 'if false {',
};

const PARTS = ['cmd', 'pkg', 'plugin', 'third_party'];

/**
 * Copies Kubernetes into `folder` without the rule that an endpoint must not have a loopback address. Pods of a test are processes on
 * this machine, and giving them other addresses would need root. Returns the path of a go.mod that uses the copy, to replace the one in
 * `sources`.
 */
export async function changedKubernetes(sources: string, folder: string, run: RunGo): Promise<string> {
  const download = await run({ args: ['mod', 'download', '-json', 'k8s.io/kubernetes'], cwd: sources });
  const { Dir: original } = z.object({ Dir: z.string() }).parse(JSON.parse(download));
  const copy = join(folder, 'kubernetes');
  for (const part of PARTS) await copySources(original, copy, part);
  await copyText(join(original, 'go.mod'), join(copy, 'go.mod'));
  const { file, text, replacement } = LOOPBACK_RULE;
  await copyText(join(original, file), join(copy, file), (source) => {
    if (source.split(text).length === 2) return source.replace(text, replacement);
    throw new Error(
      `${file} of Kubernetes does not contain ${JSON.stringify(text)} exactly once: adapt ${import.meta.filename}`,
    );
  });

  const modfile = join(folder, 'go.mod');
  for (const name of ['go.mod', 'go.sum']) await copyText(join(sources, name), join(folder, name));
  await run({ args: ['mod', 'edit', `-replace=k8s.io/kubernetes=${copy}`, modfile], cwd: sources });
  return modfile;
}

/** Copies everything but tests. Not with `cp`: files in the module cache are read-only, and so would be the copies. */
async function copySources(from: string, to: string, part: string): Promise<void> {
  for (const entry of await readdir(join(from, part), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || entry.name.endsWith('_test.go')) continue;
    const path = join(to, relative(from, join(entry.parentPath, entry.name)));
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, await readFile(join(entry.parentPath, entry.name)));
  }
}

async function copyText(from: string, to: string, change = (text: string) => text): Promise<void> {
  await writeFile(to, change(await readFile(from, 'utf8')));
}
