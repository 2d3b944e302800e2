import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';

/**
 * The absolute paths of all executable files with a name, in the order of the search path. Relative and empty entries are ignored,
 * so that a file in the current folder is never run.
 */
export async function programsOnPath(name: string, searchPath = ''): Promise<string[]> {
  const candidates = searchPath
    .split(delimiter)
    .filter(isAbsolute)
    .map((folder) => join(folder, name));
  const executable = await Promise.all(
    [...new Set(candidates)].map(async (path) => ((await isProgram(path)) ? [path] : [])),
  );
  return executable.flat();
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
