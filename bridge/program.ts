import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';

/** Whether a program exists and is executable. One without a slash is looked up in `path`, the value of PATH. */
export function programExists(program: string, path: string | undefined): boolean {
  if (program.includes('/')) return isProgram(resolve(program));
  return (path ?? '').split(delimiter).some((folder) => folder !== '' && isProgram(join(folder, program)));
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
