import { FILTERED_LANES, LANES, type Lane, SESSION_LANES } from './lanes.ts';

/** Namespace of the dynamic metadata that a decision leaves on the request. */
export const METADATA_NAMESPACE = 'envoy.filters.http.ext_authz';

/** A reader of an entry: a part of Envoy's configuration, or the process to which Envoy passes the entry on. */
export type MetadataReader = 'local reply' | 'response header' | 'access log' | 'ext-proc' | 'ledger';

/** One entry of the dynamic metadata. */
export interface MetadataEntry {
  /** Lanes in which an allowing decision sets it; a denial sets none. */
  readonly lanes: readonly Lane[];
  /** Set on only some of the requests in these lanes. */
  readonly optional?: true;
  /** Readers, each with the lanes in which it looks for the entry. */
  readonly readBy: { readonly [reader in MetadataReader]?: readonly Lane[] };
}

const WITH_SLOT = [
  'open',
  'session',
  'session-guarded',
  'session-filtered',
  'stateless',
  'stateless-guarded',
  'stateless-filtered',
] as const;
const OPEN_OR_FILTERED = ['open', ...FILTERED_LANES] as const;
const TO_EXT_PROC = ['close', ...OPEN_OR_FILTERED] as const;

/** Every entry of the dynamic metadata. */
export const METADATA = {
  /** JSON-RPC id, a string or a number. None for notifications, batches, and numbers that a double cannot hold. */
  id: { lanes: LANES, optional: true, readBy: { 'local reply': LANES, 'ext-proc': OPEN_OR_FILTERED } },
  /** The slot that the request takes, if its tenant limits what is open at once. */
  slot: { lanes: WITH_SLOT, optional: true, readBy: { 'access log': WITH_SLOT, ledger: WITH_SLOT } },
  /** The client's own session id. */
  session: { lanes: SESSION_LANES, readBy: { 'response header': SESSION_LANES } },
  /** Incarnation of the pinned replica, if it is known. Only then does a refused connection mean that its process is gone. */
  incarnation: { lanes: SESSION_LANES, optional: true, readBy: { 'local reply': SESSION_LANES } },
  backend: { lanes: TO_EXT_PROC, readBy: { 'ext-proc': TO_EXT_PROC } },
  tenant: { lanes: TO_EXT_PROC, readBy: { 'ext-proc': TO_EXT_PROC } },
  /** Hash of issuer and subject, in hex. */
  principal: { lanes: TO_EXT_PROC, readBy: { 'ext-proc': TO_EXT_PROC } },
  /** Roles of the caller, separated by spaces. */
  roles: { lanes: FILTERED_LANES, readBy: { 'ext-proc': FILTERED_LANES } },
  /** Fingerprint of the session. */
  fingerprint: { lanes: ['close'], readBy: { 'ext-proc': ['close'] } },
  /** When the session was opened: seconds since the epoch. */
  issued: { lanes: ['close'], readBy: { 'ext-proc': ['close'] } },
  /** When the session expires: seconds since the epoch. */
  expires: { lanes: ['close'], readBy: { 'ext-proc': ['close'] } },
} as const satisfies Readonly<Record<string, MetadataEntry>>;

type Table = typeof METADATA;

/** The name of an entry. */
export type MetadataKey = keyof Table;

/** The entries that a reader may read. */
export type MetadataReadBy<reader extends MetadataReader> = {
  [key in MetadataKey]: reader extends keyof Table[key]['readBy'] ? key : never;
}[MetadataKey];

/** The entries that a decision sets in a lane, in the order of the table. */
export function metadataKeysOf(lane: Lane): MetadataKey[] {
  const entries = Object.entries(METADATA) as [MetadataKey, MetadataEntry][];
  return entries.filter(([, { lanes }]) => lanes.includes(lane)).map(([key]) => key);
}
