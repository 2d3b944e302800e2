import { constants } from 'node:fs';
import { lstat, open, realpath, stat } from 'node:fs/promises';
import { sep } from 'node:path';
import { isMissingFile } from '../../core/errors.ts';
import { assertReadable, Content, MAX_FILE_BYTES, RejectedFile } from './kind.ts';

/** How often a link is followed whose target is replaced meanwhile. */
const ATTEMPTS = 3;

/** Settings of {@link readTextFile}. */
export interface ReadOptions {
  /** Largest size in bytes. Default 1 MiB. */
  maxBytes?: number;
  /** Folder that the file must be in once all links are resolved. Default: links may lead anywhere. */
  within?: string;
}

/**
 * Reads a text file (UTF-8) that somebody else put there. It never waits for a FIFO or a device, which would take a thread from the
 * process and keep it from ending.
 *
 * @throws RejectedFile if it is not a regular file, is too large, or is a link that leads out of `within`
 * @throws Error of `node:fs` if it is missing or may not be read
 */
export async function readTextFile(path: string, options: ReadOptions = {}): Promise<string> {
  const { maxBytes = MAX_FILE_BYTES, within } = options;
  for (let attempt = 1; ; attempt++) {
    try {
      return await readRegular(await targetOf(path, within), maxBytes);
    } catch (error) {
      // Kubernetes replaces the link ..data of a mounted volume, then removes the folder that it led to.
      if (!isMissingFile(error) || attempt === ATTEMPTS || !(await isLink(path))) throw error;
    }
  }
}

async function targetOf(path: string, within: string | undefined): Promise<string> {
  if (!(await isLink(path))) return path;
  const target = await realpath(path);
  if (within !== undefined && !target.startsWith(`${await realpath(within)}${sep}`)) {
    throw new RejectedFile(`it is a link out of its folder, to ${target}`);
  }
  return target;
}

async function isLink(path: string): Promise<boolean> {
  return lstat(path).then(
    (stats) => stats.isSymbolicLink(),
    () => false,
  );
}

async function readRegular(path: string, maxBytes: number): Promise<string> {
  // Before it is opened, because opening a device can have an effect; and after, because it may have been replaced.
  const before = await stat(path).catch(() => undefined);
  if (before !== undefined) assertReadable(before, maxBytes);
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  try {
    const stats = await file.stat();
    assertReadable(stats, maxBytes);
    const content = new Content(stats, maxBytes);
    for (;;) {
      const { bytesRead } = await file.read(content.room);
      if (bytesRead === 0) return content.toString();
      content.add(bytesRead);
    }
  } finally {
    await file.close();
  }
}
