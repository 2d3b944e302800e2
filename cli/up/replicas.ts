import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Backend } from '../../core/registry/backend.ts';
import type { EndpointFile } from '../../core/registry/endpoint.ts';
import type { Logger } from '../../runtime/log.ts';
import { Replica, type ReplicaOptions } from './replica.ts';

type CommandBackend = Backend & { command: string[] };

/** What all replicas have in common. */
export interface ReplicasOptions extends Pick<ReplicaOptions, 'folder' | 'baseEnv' | 'programFolders' | 'recordFile'> {
  /** Folder in which the endpoints are published, one file for each backend. */
  endpointsFolder: string;
  log: Logger;
}

/**
 * Runs the processes of one `command` backend. What serves sessions is never cut off: a replica that is no longer wanted
 * drains first, and a changed command starts beside the old one.
 */
export class BackendReplicas {
  readonly #options: ReplicasOptions;
  readonly #replicas: Replica[] = [];
  readonly #timers = new Set<NodeJS.Timeout>();
  #backend: CommandBackend;
  #started = 0;
  #stopped = false;

  constructor(backend: CommandBackend, options: ReplicasOptions) {
    this.#backend = backend;
    this.#options = options;
    this.#reconcile(backend.replicas);
  }

  /** Brings the processes in line with a changed backend. */
  update(backend: CommandBackend): void {
    const before = this.#backend;
    this.#backend = backend;
    const process = ({ command, env, cwd }: CommandBackend) => ({ command, env, cwd });
    if (!isDeepStrictEqual(process(before), process(backend))) this.#drain(this.#active);
    this.#reconcile(backend.replicas);
  }

  /** Drains all replicas; resolves when they have ended. It may be updated again meanwhile. */
  async remove(): Promise<void> {
    await Promise.all(this.#drain(this.#active));
    if (!this.#stopped && this.#replicas.length === 0) rmSync(this.#file, { force: true });
  }

  /** Ends all processes now. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
    await Promise.all(this.#replicas.map((replica) => replica.stop()));
  }

  get #active(): Replica[] {
    return this.#replicas.filter(({ draining }) => !draining);
  }

  get #file(): string {
    return join(this.#options.endpointsFolder, `${this.#backend.name}.json`);
  }

  #reconcile(wanted: number): void {
    const active = this.#active;
    this.#drain(active.slice(wanted));
    for (let count = active.length; count < wanted; count++) this.#replicas.push(this.#start());
    this.#publish();
  }

  #start(): Replica {
    const { endpointsFolder: _, log, ...common } = this.#options;
    const id = `${this.#backend.name}-${this.#started++}`;
    const replicaLog = log.child({ name: id });
    return new Replica({ ...common, id, backend: this.#backend, log: replicaLog, onChange: () => this.#publish() });
  }

  #drain(replicas: Replica[]): Promise<void>[] {
    return replicas.map((replica) => {
      replica.draining = true;
      return new Promise<void>((resolve) => {
        const timer = setTimeout(() => {
          this.#timers.delete(timer);
          void this.#end(replica).then(resolve);
        }, this.#backend.drain);
        this.#timers.add(timer);
      });
    });
  }

  async #end(replica: Replica): Promise<void> {
    this.#replicas.splice(this.#replicas.indexOf(replica), 1);
    this.#publish();
    await replica.stop();
  }

  // A file is replaced in one step, so that nobody reads half of it.
  #publish(): void {
    if (this.#stopped) return;
    const content: EndpointFile = {
      backend: this.#backend.name,
      endpoints: this.#replicas.flatMap(({ endpoint }) => endpoint ?? []),
      notes: this.#replicas.flatMap(({ note }) => note ?? []),
    };
    writeFileSync(`${this.#file}.new`, JSON.stringify(content), { mode: 0o600 });
    renameSync(`${this.#file}.new`, this.#file);
  }
}
