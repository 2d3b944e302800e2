import { stat } from 'node:fs/promises';

/** Whether `path` is a file. */
export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
