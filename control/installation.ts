import type { Quota } from '../core/quota/quota.ts';
import type { Backend } from '../core/registry/backend.ts';
import type { RegistryKind } from '../core/registry/kind.ts';
import type { SessionKeys } from '../core/session/keys.ts';
import type { QuotaState } from '../runtime/policy/quota.ts';

/** A backend as somebody wrote it, without defaults; in a cluster the name and the spec of an MCPBackend in one object. */
export type BackendSpec = Readonly<Record<string, unknown>> & { readonly name: string };

/** What a backend is doing. */
export type BackendState = 'serving' | 'starting' | 'unhealthy' | 'draining' | 'refused' | 'unknown';

/** The health of a backend as it was last told. */
export interface BackendHealth {
  state: BackendState;
  /** Everything is as the spec wants it. */
  settled: boolean;
  /** Replicas that can be sent to; undefined where nobody knows. */
  healthy: number | undefined;
  /** Replicas, or URLs, that there should be; undefined where nobody knows. */
  wanted: number | undefined;
  /** Why it is not serving as it should. */
  reasons: readonly string[];
}

/** A registered backend. */
export interface ManagedBackend {
  name: string;
  spec: BackendSpec;
  /** Undefined where it is not sound, or misses what the place asks for. */
  backend: Backend | undefined;
  /** The file or object that it is defined in, for people. */
  source: string;
  /** Where clients reach it; undefined where nobody knows. */
  url: string | undefined;
  health: BackendHealth;
}

/** All backends of an installation. */
export interface BackendListing {
  backends: readonly ManagedBackend[];
  /** What is not right with the installation as a whole: no gateway runs, a document is refused. */
  notes: readonly string[];
}

/** One replica, as far as it is known. */
export interface ReplicaDetail {
  id: string;
  address: string | undefined;
  /** Sessions of another one are gone; undefined where nobody knows. */
  incarnation: string | undefined;
  state: string;
  health: string;
  restarts: number | undefined;
  /** RFC 3339. */
  startedAt: string | undefined;
  lastExit: string | undefined;
  /** The last lines that it wrote, oldest first. */
  log: readonly string[];
}

/** Something that happened to a backend. */
export interface HistoryEntry {
  /** RFC 3339. */
  time: string;
  what: string;
}

/** A backend looked at closely. */
export interface BackendDetail {
  replicas: readonly ReplicaDetail[];
  /** Oldest first. */
  history: readonly HistoryEntry[];
}

/** The tenants document, wherever it is kept. */
export interface TenantsDocument {
  /** File or object, for people. */
  readonly source: string;
  read(): Promise<string>;
  /**
   * Replaces the text by what the change makes of it. Where somebody else writes meanwhile the change is made anew on the newer
   * text, so that nobody's edit is lost. What the change throws ends the edit.
   */
  edit(change: (text: string) => string): Promise<void>;
}

/** What the gateways of an installation tell about the quota of a tenant. */
export interface QuotaAnswer {
  /** Limits in force and their use, of all gateways that answered together; undefined where none did. */
  state: QuotaState | undefined;
  /** Limits in force at each gateway that answered; undefined: it knows none. */
  inForce: readonly (Quota | undefined)[];
  /** All gateways answered. */
  complete: boolean;
  /** Why something is not known. */
  notes: readonly string[];
}

/** Where the quota of a tenant is read and changed: an installation, or the part of one that a command works on. */
export interface QuotaSource {
  readonly tenants: TenantsDocument;
  /** Limits in force and their use, or the reason why no gateway can be asked. */
  quotaState(tenant: string): Promise<QuotaAnswer>;
  /** Resolves to undefined if the registered backends are not known here. */
  list(): Promise<{ backends: readonly { name: string }[] } | undefined>;
}

/** What lines of the audit log are about: `requestId`, or `session` for the fingerprint of one. */
export interface AuditQuery {
  key: 'requestId' | 'session';
  value: string;
}

/** One line of the audit log. */
export type AuditLine = Readonly<Record<string, unknown>>;

/**
 * An installation that can be administered: a folder of one machine, or a namespace of a cluster. Methods throw a UserError that says what a
 * person can do: `no-such`, `exists`, `conflict`, `forbidden` (naming the permission), `cluster-unavailable`, `config`.
 */
export interface Installation extends QuotaSource {
  readonly kind: RegistryKind;
  /** Where it is, for people: one clause that fits after "This server administers". */
  readonly title: string;
  /** Names of the keys of a credential's right place, for messages: the namespace in a cluster, the folder otherwise. */
  readonly secretsLocation: string;
  /** All backends with their health, by one call. */
  list(): Promise<BackendListing>;
  /** Undefined when there is none of that name. */
  get(name: string): Promise<ManagedBackend | undefined>;
  create(spec: BackendSpec, options: WriteOptions): Promise<void>;
  /** Replaces the spec by what the change makes of it; likewise as {@link TenantsDocument.edit}. */
  update(name: string, change: (spec: BackendSpec) => BackendSpec, options: WriteOptions): Promise<void>;
  remove(name: string): Promise<void>;
  /** @param lines how many of the last log lines of each replica */
  detail(backend: ManagedBackend, lines: number): Promise<BackendDetail>;
  sessionKeys(): Promise<SessionKeys>;
  /** Lines of the audit log about a request or a session, oldest first. */
  auditLines(about: AuditQuery): Promise<AuditLine[]>;
  /** How long a change may take until the health of a backend tells of it, in milliseconds. */
  readonly settleMs: number;
}

/** How something is written. */
export interface WriteOptions {
  /** Everything is checked as if, and nothing is changed. */
  dryRun: boolean;
}
