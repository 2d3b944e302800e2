import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { assertReadable, Content, MAX_FILE_BYTES } from './kind.ts';

/**
 * `readTextFile` for callers that cannot wait: it blocks the process while the disk is read, but never waits for a FIFO or a device.
 * Links may lead anywhere.
 *
 * @param maxBytes largest size; default 1 MiB
 * @throws RejectedFile if it is not a regular file or is too large
 * @throws Error of `node:fs` if it is missing or may not be read
 */
export function readTextFileSync(path: string, maxBytes = MAX_FILE_BYTES): string {
  const before = statSync(path, { throwIfNoEntry: false });
  if (before !== undefined) assertReadable(before, maxBytes);
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(file);
    assertReadable(stats, maxBytes);
    const content = new Content(stats, maxBytes);
    for (;;) {
      const count = readSync(file, content.room);
      if (count === 0) return content.toString();
      content.add(count);
    }
  } finally {
    closeSync(file);
  }
}
