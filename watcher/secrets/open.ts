import type { SecretStore } from '../../runtime/registry/source.ts';
import { SecretsByBackend } from './by-backend.ts';
import { ClusterSecrets } from './cluster-secrets.ts';
import type { BackendSecrets } from './port.ts';
import { SecretFiles, type SecretFilesOptions } from './secret-files.ts';

/** The secrets of backends: in files, or in the Secrets of a cluster if the registry has a store for them. */
export function openSecrets(store: SecretStore | undefined, options: SecretFilesOptions): BackendSecrets {
  const files = new SecretFiles(options);
  return store === undefined ? files : new SecretsByBackend(files, new ClusterSecrets(store));
}
