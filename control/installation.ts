import type { Quota } from '../core/quota/quota.ts';
import type { Backend } from '../core/registry/backend.ts';
import type { RegistryKind } from '../core/registry/kind.ts';
import type { SessionKeys } from '../core/session/keys.ts';
import type { QuotaState } from '../runtime/policy/quota.ts';

/** A backend as written, without defaults. In a cluster it is the name and the spec of an MCPBackend in one object. */
export type BackendSpec = Readonly<Record<string, unknown>> & { readonly name: string };

/** What a backend is doing. */
export type BackendState = 'serving' | 'starting' | 'unhealthy' | 'draining' | 'refused' | 'unknown';

/** The last known health of a backend. */
export interface BackendHealth {
  state: BackendState;
  /** Whether the backend runs exactly as its spec says. */
  settled: boolean;
  /** Replicas that accept requests; undefined if unknown. */
  healthy: number | undefined;
  /** Replicas or URLs that the spec asks for; undefined if unknown. */
  wanted: number | undefined;
  /** Why it does not serve as it should. */
  reasons: readonly string[];
}

/** A registered backend. */
export interface ManagedBackend {
  name: string;
  spec: BackendSpec;
  /** Undefined if the spec is not valid for this kind of installation. */
  backend: Backend | undefined;
  /** The file or object that defines it, for display. */
  source: string;
  /** Its URL for clients; undefined if unknown. */
  url: string | undefined;
  health: BackendHealth;
}

/** All backends of an installation. */
export interface BackendListing {
  backends: readonly ManagedBackend[];
  /** Problems of the installation as a whole: no gateway runs, a document is rejected. */
  notes: readonly string[];
}

/** What is known of one replica. */
export interface ReplicaDetail {
  id: string;
  address: string | undefined;
  /** Changes with each start of the replica, which ends its sessions; undefined if unknown. */
  incarnation: string | undefined;
  state: string;
  health: string;
  restarts: number | undefined;
  /** RFC 3339. */
  startedAt: string | undefined;
  lastExit: string | undefined;
  /** The last lines of its output, oldest first. */
  log: readonly string[];
}

/** Something that happened to a backend. */
export interface HistoryEntry {
  /** RFC 3339. */
  time: string;
  what: string;
}

/** Replicas and history of a backend. */
export interface BackendDetail {
  replicas: readonly ReplicaDetail[];
  /** Oldest first. */
  history: readonly HistoryEntry[];
}

/** The tenants document, in a file or a ConfigMap. */
export interface TenantsDocument {
  /** The file or object, for display. */
  readonly source: string;
  read(): Promise<string>;
  /**
   * Replaces the text with the result of `change`. If the text changes in the meantime, `change` is called again with the newest
   * text, so no edit is lost. An error that `change` throws ends the edit.
   */
  edit(change: (text: string) => string): Promise<void>;
}

/** What the gateways of an installation report about the quota of a tenant. */
export interface QuotaAnswer {
  /** Limits in force and their use, combined over all gateways that answered; undefined if none did. */
  state: QuotaState | undefined;
  /** The quota in force at each gateway that answered; undefined at one where the tenant has none. */
  inForce: readonly (Quota | undefined)[];
  /** Whether all gateways answered. */
  complete: boolean;
  /** Why something is unknown. */
  notes: readonly string[];
}

/** Where the quota of a tenant is read and changed: an installation, or the part of one that a command works on. */
export interface QuotaSource {
  readonly tenants: TenantsDocument;
  /** Limits in force and their use, or the reason why no gateway can be asked. */
  quotaState(tenant: string): Promise<QuotaAnswer>;
  /** Resolves to undefined if the registered backends are unknown here. */
  list(): Promise<{ backends: readonly { name: string }[] } | undefined>;
}

/** Selects lines of the audit log: by `requestId`, or by `session`, which is the fingerprint of a session. */
export interface AuditQuery {
  key: 'requestId' | 'session';
  value: string;
}

/** One line of the audit log. */
export type AuditLine = Readonly<Record<string, unknown>>;

/**
 * The port of the control plane: one gateway installation, in a folder of this machine or in namespaces of a cluster. Methods throw
 * a UserError that says what to do: `no-such`, `exists`, `conflict`, `forbidden` (names the permission), `cluster-unavailable`,
 * `config`.
 */
export interface Installation extends QuotaSource {
  readonly kind: RegistryKind;
  /** Where it is, for display: a phrase that fits after "This server administers an MCP gateway in". */
  readonly title: string;
  /** Where credentials belong, for messages: the namespace of the Secrets, or the folder of the backend files. */
  readonly secretsLocation: string;
  /** All backends with their health, in one call. */
  list(): Promise<BackendListing>;
  /** Resolves to undefined if there is no backend of that name. */
  get(name: string): Promise<ManagedBackend | undefined>;
  create(spec: BackendSpec, options: WriteOptions): Promise<void>;
  /** Replaces the spec with the result of `change`, as {@link TenantsDocument.edit} does. */
  update(name: string, change: (spec: BackendSpec) => BackendSpec, options: WriteOptions): Promise<void>;
  remove(name: string): Promise<void>;
  /** @param lines most log lines of each replica */
  detail(backend: ManagedBackend, lines: number): Promise<BackendDetail>;
  sessionKeys(): Promise<SessionKeys>;
  /** Lines of the audit log about a request or a session, oldest first. */
  auditLines(about: AuditQuery): Promise<AuditLine[]>;
  /** How long after a change the reported health may still be the former one, in milliseconds. */
  readonly settleMs: number;
}

/** How something is written. */
export interface WriteOptions {
  /** Check everything and write nothing. */
  dryRun: boolean;
}
