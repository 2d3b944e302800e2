import { UserError } from '../../core/errors.ts';
import { cacheDir } from '../../runtime/paths.ts';
import { buildOnce, type GoProgram } from './build.ts';
import type { Go } from './go.ts';
import { helm } from './helm.ts';
import { kontrol } from './kontrol.ts';
import { findOrInstallGo } from './toolchain.ts';

/** Called with each line that tells a person what goes on. */
type Progress = (line: string) => void;

/**
 * Path of `kontrol`, the control plane of the tests, built first where the cache does not have it.
 * @throws UserError `missing-file` without Linux, or when it cannot be built
 */
export async function findKontrol(progress: Progress): Promise<string> {
  if (process.platform !== 'linux')
    throw new UserError('missing-file', `the control plane of the tests needs Linux, and this is ${process.platform}`, {
      hint: 'Run the tests in a Linux machine, or only those without a cluster: npm run test:unit',
    });
  return find(kontrol, progress);
}

/**
 * Path of Helm, built first where the cache does not have it.
 * @throws UserError `missing-file` when it cannot be built
 */
export const findHelm = (progress: Progress): Promise<string> => find(helm, progress);

async function find(program: (go: Go) => GoProgram, progress: Progress): Promise<string> {
  const folder = cacheDir(process.env);
  const go = await findOrInstallGo({ searchPath: process.env.PATH, cacheDir: folder, progress });
  return buildOnce(program(go), { go, cacheDir: folder, progress });
}
