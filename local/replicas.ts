import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Backend } from '../core/registry/backend.ts';
import type { EndpointFile } from '../core/registry/endpoint.ts';
import { type Logger, renamed } from '../runtime/log.ts';
import { Replica, type ReplicaOptions } from './replica.ts';

/** How long new replicas serve beside those that they replace, so that Envoy can check their health. */
const OVERLAP_MS = 1_000;

const PUBLISH_RETRY_MS = 1_000;

/** Settings of all replicas. */
export interface ReplicasOptions
  extends Pick<ReplicaOptions, 'folder' | 'baseEnv' | 'programFolders' | 'program' | 'recordFile' | 'replicasFolder'> {
  /** Folder for the endpoints, one file for each backend. */
  endpointsFolder: string;
  log: Logger;
}

/**
 * Runs the processes of one backend. A replica with sessions is never stopped abruptly: when it is no longer needed, it
 * drains first. After a change of the command, the old replicas accept new sessions until all new ones listen, so a
 * command that does not work interrupts nothing.
 */
export class BackendReplicas {
  readonly #options: ReplicasOptions;
  readonly #replicas: Replica[] = [];
  /** Replicas of an earlier command that still accept new sessions. */
  readonly #outdated: Replica[] = [];
  readonly #timers = new Set<NodeJS.Timeout>();
  #backend: Backend;
  #started = 0;
  #stopped = false;
  /** Whether the endpoints could not be written the last time. */
  #unpublished = false;

  constructor(backend: Backend, options: ReplicasOptions) {
    this.#backend = backend;
    this.#options = options;
    this.#reconcile(backend.replicas);
  }

  /** Applies a changed backend. */
  update(backend: Backend): void {
    const before = this.#backend;
    this.#backend = backend;
    const process = ({
      command,
      env,
      cwd,
      transport,
      stdio,
      sse,
      sseUrl,
      caFile,
      clientCertificate,
      path,
    }: Backend) => {
      const bridge = transport === 'http' ? undefined : { stdio, sse, sseUrl, caFile, clientCertificate, path };
      return { command, env, cwd, bridge };
    };
    if (!isDeepStrictEqual(process(before), process(backend))) this.#supersede();
    this.#reconcile(backend.replicas);
  }

  /** Drains all replicas. Resolves when they have ended. `update` may be called again in the meantime. */
  async remove(): Promise<void> {
    await Promise.all(this.#drain([...this.#current, ...this.#outdated.splice(0)]));
    if (!this.#stopped && this.ended) rmSync(this.#file, { force: true });
  }

  /** Ends all processes without draining. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
    await Promise.all(this.#replicas.map((replica) => replica.stop()));
  }

  /** Whether all processes have ended. */
  get ended(): boolean {
    return this.#replicas.length === 0;
  }

  /** Replicas of the current command that accept new sessions. */
  get #current(): Replica[] {
    return this.#replicas.filter((replica) => !replica.draining && !this.#outdated.includes(replica));
  }

  get #file(): string {
    return join(this.#options.endpointsFolder, `${this.#backend.name}.json`);
  }

  #reconcile(wanted: number): void {
    const current = this.#current;
    this.#drain(current.slice(wanted));
    for (let count = current.length; count < wanted; count++) this.#replicas.push(this.#start());
    this.#onChange();
  }

  #supersede(): void {
    for (const replica of this.#current) {
      // A replica without an endpoint has no sessions.
      if (replica.endpoint === undefined) void this.#end(replica);
      else this.#outdated.push(replica);
    }
  }

  #onChange(): void {
    this.#publish();
    const replaced = () => this.#current.every(({ endpoint }) => endpoint !== undefined);
    if (this.#stopped || this.#outdated.length === 0 || !replaced()) return;
    this.#later(OVERLAP_MS, () => {
      if (!replaced()) return;
      this.#drain(this.#outdated.splice(0));
      this.#publish();
    });
  }

  #start(): Replica {
    const { endpointsFolder: _, log, ...common } = this.#options;
    const id = `${this.#backend.name}-${this.#started++}`;
    const replicaLog = renamed(log, id);
    return new Replica({ ...common, id, backend: this.#backend, log: replicaLog, onChange: () => this.#onChange() });
  }

  #drain(replicas: Replica[]): Promise<void>[] {
    return replicas.map((replica) => {
      replica.draining = true;
      return new Promise<void>((resolve) => {
        this.#later(this.#backend.drain, () => void this.#end(replica).then(resolve));
      });
    });
  }

  #later(delayMs: number, work: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      work();
    }, delayMs);
    this.#timers.add(timer);
  }

  async #end(replica: Replica): Promise<void> {
    this.#replicas.splice(this.#replicas.indexOf(replica), 1);
    this.#publish();
    await replica.stop();
  }

  // The file is replaced in one step, so that no reader sees half of it.
  #publish(): void {
    if (this.#stopped) return;
    const content: EndpointFile = {
      backend: this.#backend.name,
      endpoints: this.#replicas.flatMap(({ endpoint }) => endpoint ?? []),
      notes: this.#replicas.flatMap(({ note }) => note ?? []),
    };
    try {
      writeFileSync(`${this.#file}.new`, JSON.stringify(content), { mode: 0o600 });
      renameSync(`${this.#file}.new`, this.#file);
    } catch (error) {
      // Such as a full disk, which must not end `up`.
      if (!this.#unpublished)
        this.#options.log.error({ err: error }, 'the endpoints cannot be published; trying again');
      this.#unpublished = true;
      this.#later(PUBLISH_RETRY_MS, () => this.#publish());
      return;
    }
    this.#unpublished = false;
  }
}
