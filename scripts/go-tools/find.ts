import { UserError } from '../../core/errors.ts';
import { cacheDir } from '../../runtime/paths.ts';
import { buildOnce, type GoProgram } from './build.ts';
import type { Go } from './go.ts';
import { helm } from './helm.ts';
import { kontrol } from './kontrol.ts';
import { findOrInstallGo } from './toolchain.ts';

/** Called with each line of progress for a person. */
type Progress = (line: string) => void;

/**
 * Path of `kontrol`, the control plane of the tests; it is built if the cache does not have it.
 * @throws UserError `missing-file` on other systems than Linux, or if it cannot be built
 */
export async function findKontrol(progress: Progress): Promise<string> {
  if (process.platform !== 'linux')
    throw new UserError('missing-file', `the control plane of the tests needs Linux; this is ${process.platform}`, {
      hint: 'Run the tests on Linux, or only those that need no cluster: npm run test:unit',
    });
  return find(kontrol, progress);
}

/**
 * Path of Helm; it is built if the cache does not have it.
 * @throws UserError `missing-file` if it cannot be built
 */
export const findHelm = (progress: Progress): Promise<string> => find(helm, progress);

async function find(program: (go: Go) => GoProgram, progress: Progress): Promise<string> {
  const folder = cacheDir(process.env);
  const go = await findOrInstallGo({ searchPath: process.env.PATH, cacheDir: folder, progress });
  return buildOnce(program(go), { go, cacheDir: folder, progress });
}
