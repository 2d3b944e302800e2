import { chmod, chown, open, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, UserError } from '../../core/errors.ts';
import { readTextFile } from '../../runtime/files/read.ts';

const RETRY_MS = 20;
/** A draft that is older than this was left behind by a process that died. */
const STALE_MS = 10_000;
const GIVE_UP_MS = 15_000;

/**
 * Replaces a text file atomically, with the same mode. Only one process rewrites a file at a time. If another program writes the file
 * in the meantime, it is read and changed again, so no change is lost.
 *
 * @param change makes the new text from the current one; if it throws, the file stays as it is
 * @throws UserError `config` if the file cannot be read or written
 */
export async function rewriteFile(path: string, change: (text: string) => string): Promise<void> {
  const file = await realpath(path).catch((cause: unknown) => fail(path, cause));
  const draft = join(dirname(file), `.${basename(file)}.mcp-gateway`);
  const handle = await claim(draft).catch((cause: unknown) => fail(path, cause));
  let renamed = false;
  try {
    for (;;) {
      const text = await readTextFile(file).catch((cause: unknown) => fail(path, cause));
      const changed = change(text);
      if (changed === text) return;
      await writeFile(draft, changed);
      await handle.sync();
      await copyAttributes(file, draft);
      if ((await readTextFile(file)) !== text) continue;
      await rename(draft, file);
      renamed = true;
      return;
    }
  } finally {
    await handle.close();
    if (!renamed) await rm(draft, { force: true });
  }
}

// The draft is also the lock: it exists while a process rewrites the file.
async function claim(draft: string) {
  const deadline = performance.now() + GIVE_UP_MS;
  for (;;) {
    try {
      return await open(draft, 'wx', 0o600);
    } catch (error) {
      if (!isCode(error, 'EEXIST') || performance.now() > deadline) throw error;
      const { mtimeMs } = await stat(draft).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
      if (Date.now() - mtimeMs > STALE_MS) await rm(draft, { force: true });
      await sleep(RETRY_MS);
    }
  }
}

async function copyAttributes(file: string, draft: string): Promise<void> {
  const { mode, uid, gid } = await stat(file);
  await chmod(draft, mode & 0o7777);
  // Only root can change the owner, and only root needs to.
  await chown(draft, uid, gid).catch(() => undefined);
}

function fail(path: string, cause: unknown): never {
  throw new UserError('config', `${path} cannot be changed: ${messageOf(cause)}`, { cause });
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
