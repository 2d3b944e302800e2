import { stat } from 'node:fs/promises';

/** True when there is a file. */
export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
