import { findEnvoy } from '../../envoy/binary/find.ts';
import { cacheDir } from '../../runtime/paths.ts';
import { findHelm, findKontrol } from '../go-tools/find.ts';
import type { Group } from './groups.ts';

/**
 * Finds, installs or builds the programs that these groups of tests need. The first time takes minutes, too long for a test's own time limit.
 * @throws UserError `missing-file` if one can be neither found nor installed
 */
export async function findPrograms(groups: ReadonlySet<Group>, progress: (line: string) => void): Promise<void> {
  if (groups.has('gateway') || groups.has('cluster')) {
    const environment = { ENVOY_PATH: process.env.ENVOY_PATH, PATH: process.env.PATH };
    const envoy = await findEnvoy({ environment, cacheDir: cacheDir(process.env), progress });
    progress(`Envoy ${envoy.version}: ${envoy.path}`);
  }
  if (groups.has('cluster')) {
    progress(`Control plane: ${await findKontrol(progress)}`);
    progress(`Helm: ${await findHelm(progress)}`);
  }
}
