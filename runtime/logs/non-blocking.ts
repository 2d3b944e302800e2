import { constants, fstatSync, openSync } from 'node:fs';

/**
 * A descriptor for the same pipe that does not block: a reader that stops reading must not stop this process. Returns the given
 * descriptor if it is not a pipe or cannot be opened again. The flag cannot be set on the descriptor itself, because other processes
 * share it.
 */
export function nonBlocking(descriptor: number): number {
  try {
    if (!fstatSync(descriptor).isFIFO()) return descriptor;
    return openSync(`/proc/self/fd/${descriptor}`, constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK);
  } catch {
    return descriptor;
  }
}
