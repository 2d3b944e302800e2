import type { Backend } from '../../core/registry/backend.ts';
import type { UpstreamHeader } from '../../core/registry/upstream.ts';
import type { TlsPair } from '../../envoy/tls/pair.ts';

/** Start of a note: the secret was never valid. */
export const DENYING = 'requests are denied';
/** Start of a note: the secret was valid before. */
export const KEEPING = 'keeping the last good one';
/** Predicate for a credential that cannot be a header. */
export const UNFIT_CREDENTIAL = 'must hold 1 to 8,192 characters of visible ASCII';

/** The port through which secrets of backends are read. Unchanged values stay the same objects. */
export interface BackendSecrets {
  /** Keeps the secrets of these backends up to date from now on, and no others. */
  keepOnly(backends: Iterable<Backend>): void;
  /** Whether every secret of a backend was read. */
  isKnown(backend: Backend): boolean;
  /** Whether a secret that decides if Envoy can connect to the backend is still being read. */
  isReading(backend: Backend): boolean;
  /** The client certificate for a backend; `missing` if there never was a valid one; undefined if it needs none. */
  certificateOf(backend: Backend): TlsPair | 'missing' | undefined;
  /** PEM of the authorities that a backend is verified with; `missing` if there never was a valid one; undefined: they are in a file. */
  authoritiesOf(backend: Backend): string | 'missing' | undefined;
  /** The header with a backend's credential; `missing` if it or another secret that the backend needs is missing. */
  credentialOf(backend: Backend): UpstreamHeader | 'missing' | undefined;
  /** What is wrong with a backend's secrets, for display. */
  notesOf(backend: Backend): string[];
}
