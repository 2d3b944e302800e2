import type { Backend } from '../../core/registry/backend.ts';
import type { UpstreamHeader } from '../../core/registry/upstream.ts';
import type { TlsPair } from '../../envoy/tls/pair.ts';

/** The secrets that backends name, wherever they are kept. Values that did not change stay the same objects. */
export interface BackendSecrets {
  /** Reads those of these backends, and no others. */
  keepOnly(backends: Iterable<Backend>): void;
  /** Whether every secret of a backend was read. */
  isKnown(backend: Backend): boolean;
  /** Whether it will be known in a moment if a backend can be dialled. */
  isReading(backend: Backend): boolean;
  /** The certificate that a backend is shown; `missing` when there never was a good one. */
  certificateOf(backend: Backend): TlsPair | 'missing' | undefined;
  /** PEM of the authorities that a backend is verified with; `missing` when there never was one; undefined: those of a file. */
  authoritiesOf(backend: Backend): string | 'missing' | undefined;
  /** The header with a backend's credential; `missing` when there should be one, or a backend cannot be dialled without more. */
  credentialOf(backend: Backend): UpstreamHeader | 'missing' | undefined;
  /** What is wrong with a backend's secrets, for people. */
  notesOf(backend: Backend): string[];
}
