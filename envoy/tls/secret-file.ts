import { renameSync, writeFileSync } from 'node:fs';
import type { TlsPair } from './pair.ts';

/** Name of the secret that the listener's configuration refers to. */
export const LISTENER_SECRET = 'listener';

/**
 * Writes the file that Envoy reads the listener's certificate from (SDS with `path_config_source`). It must be replaced by a rename:
 * Envoy reads it again only when a file is moved there.
 */
export function writeSecretFile(file: string, { chain, key }: TlsPair): void {
  const secret = {
    '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret',
    name: LISTENER_SECRET,
    tls_certificate: { certificate_chain: { inline_string: chain }, private_key: { inline_string: key } },
  };
  writeFileSync(`${file}.new`, JSON.stringify({ resources: [secret] }), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
