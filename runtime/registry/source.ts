import type { Problem } from '../../core/document/problems.ts';
import type { Backend } from '../../core/registry/backend.ts';
import type { Endpoint } from '../../core/registry/endpoint.ts';
import type { Tenant } from '../../core/tenants/tenants.ts';

/**
 * Where the watcher learns what it is to serve: the folder of one machine, or a Kubernetes cluster. Everything is the newest state
 * that was good; whoever opens a source gives a function that is called after each change.
 *
 * Values that did not change stay the same objects, so that thousands of them can be compared quickly.
 */
export interface RegistrySource {
  /** The last good tenants; undefined until there were some. */
  readonly tenants: readonly Tenant[] | undefined;
  /** What people know the tenants document by. */
  readonly tenantsSource: string;
  /** Sound backends by name; undefined until all that is needed to serve them was read. */
  readonly backends: ReadonlyMap<string, Backend> | undefined;
  /** Everything that is wrong now, in documents and on the way to them. */
  readonly problems: readonly Problem[];
  /** Secrets that backends refer to by name; undefined where they are in files. */
  readonly secrets: SecretStore | undefined;
  /** The replicas of a backend that somebody runs. Also of one that is no longer in the registry, as long as they are there. */
  endpointsOf(backend: Backend): readonly Endpoint[];
  /** What stands in the way of more replicas, for people. */
  notesOf(backend: Backend): readonly string[];
  /** Whether its replicas were looked for, with whatever outcome. */
  isKnown(backend: Backend): boolean;
  /** Stops watching. */
  close(): void;
}

/** The content of a Secret by key, or why it cannot be read, or that it was not looked at yet. */
export type SecretState = { data: ReadonlyMap<string, string> } | { problem: string } | 'unknown';

/** Reads Secrets by name, those only that somebody asks to be kept. */
export interface SecretStore {
  /** Reads these from now on, at once where they are new, and no others. */
  keepOnly(names: ReadonlySet<string>): void;
  /** What is known of one. A Secret that can no longer be read is a problem; one that the cluster cannot be asked for stays. */
  get(name: string): SecretState;
}

/** What a source is opened with. */
export interface SourceHooks {
  /** Called after each change of anything. */
  onChange: () => void;
}
