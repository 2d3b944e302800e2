import type { Problem } from '../../core/document/problems.ts';
import type { Backend } from '../../core/registry/backend.ts';
import type { Endpoint } from '../../core/registry/endpoint.ts';
import type { Tenant } from '../../core/tenants/tenants.ts';

/**
 * The port through which the watcher learns what to serve. Drivers: the folder of one machine, and a Kubernetes cluster. Every
 * property has the newest valid value.
 *
 * Unchanged values stay the same objects, so that thousands of them can be compared quickly.
 */
export interface RegistrySource {
  /** The tenants of the last valid document; undefined before the first one. */
  readonly tenants: readonly Tenant[] | undefined;
  /** Name of the tenants document, for display. */
  readonly tenantsSource: string;
  /** Valid backends by name; undefined until everything that is needed to serve them was read. */
  readonly backends: ReadonlyMap<string, Backend> | undefined;
  /** Everything that is wrong now with documents, and with access to them. */
  readonly problems: readonly Problem[];
  /** Secrets that backends refer to by name; undefined if secrets are in files. */
  readonly secrets: SecretStore | undefined;
  /** The replicas of a backend, including those left over from a backend that was removed from the registry. */
  endpointsOf(backend: Backend): readonly Endpoint[];
  /** Why there are no more replicas, for display. */
  notesOf(backend: Backend): readonly string[];
  /** Whether the replicas of a backend were looked up, successfully or not. */
  isKnown(backend: Backend): boolean;
  /** Stops watching. */
  close(): void;
}

/** The content of a Secret by key, or why it cannot be read, or `unknown` before it was read. */
export type SecretState = { data: ReadonlyMap<string, string> } | { problem: string } | 'unknown';

/** Reads Secrets by name, and only those that are asked for. */
export interface SecretStore {
  /** Keeps these Secrets up to date from now on, and no others. New ones are read immediately. */
  keepOnly(names: ReadonlySet<string>): void;
  /** The state of a Secret. One that may no longer be read is a problem; while the API server is unreachable, the last state stays. */
  get(name: string): SecretState;
}

/** The callbacks of a source. */
export interface SourceHooks {
  /** Called after each change of anything. */
  onChange: () => void;
}
