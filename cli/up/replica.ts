import { connect } from 'node:net';
import { delimiter, resolve } from 'node:path';
import type { Backend } from '../../core/registry/backend.ts';
import type { Endpoint } from '../../core/registry/endpoint.ts';
import type { Logger } from '../../runtime/log.ts';
import { describeExit } from '../../runtime/processes/child.ts';
import { freePort } from '../../runtime/processes/ports.ts';
import { type Supervised, superviseChild } from '../../runtime/processes/supervisor.ts';

const HOST = '127.0.0.1';
const KNOCK_MS = 50;
const STOP_GRACE_MS = 5_000;

/** What a replica is started with. */
export interface ReplicaOptions {
  /** Unique in the gateway's life: `<backend>-<number>`. */
  id: string;
  backend: Backend & { command: string[] };
  /** Working directory of commands that name none; a relative one is relative to it. */
  folder: string;
  /** Environment that the command's own is added to. */
  baseEnv: Readonly<Record<string, string | undefined>>;
  /** Folders that programs are looked for in before those of PATH. */
  programFolders: readonly string[];
  recordFile: string;
  log: Logger;
  /** Called when the endpoint or the note changed. */
  onChange: () => void;
}

/** One process of a `command` backend: restarted with a port and an incarnation of its own each time. */
export class Replica {
  readonly id: string;
  /** Its sessions go on, but it gets no new ones. */
  draining = false;
  readonly #options: ReplicaOptions;
  readonly #supervised: Supervised;
  #port = 0;
  #endpoint: Omit<Endpoint, 'draining'> | undefined;
  #note: string | undefined;

  constructor(options: ReplicaOptions) {
    this.id = options.id;
    this.#options = options;
    this.#supervised = superviseChild(() => this.#spec(), {
      recordFile: options.recordFile,
      onState: ({ state, pid, startedAt, lastExit, nextStartAt }) => {
        this.#endpoint = undefined;
        this.#note = undefined;
        if (state === 'running') void this.#awaitListening(`${startedAt}-${pid}`);
        if (state === 'backing-off' && lastExit !== undefined) {
          const waitMs = Math.max(0, (nextStartAt ?? 0) - Date.now());
          this.#note = `${this.id} ended (${describeExit(lastExit)}); next start in ${(waitMs / 1000).toFixed(1)} s`;
          options.log.warn(this.#note);
        }
        options.onChange();
      },
    });
  }

  /** Where it can be reached; undefined while it does not listen. */
  get endpoint(): Endpoint | undefined {
    return this.#endpoint && { ...this.#endpoint, draining: this.draining };
  }

  /** Why it cannot be reached. */
  get note(): string | undefined {
    return this.#note;
  }

  /** Ends the process. */
  stop(graceMs = STOP_GRACE_MS): Promise<void> {
    return this.#supervised.stop(graceMs);
  }

  async #spec() {
    const { backend, folder, baseEnv, programFolders, log } = this.#options;
    this.#port = await freePort(HOST);
    const { PATH, HOME, LANG, TMPDIR, USER } = baseEnv;
    const env = { HOME, LANG, TMPDIR, USER, ...backend.env, PORT: String(this.#port) };
    return {
      name: this.id,
      command: backend.command,
      cwd: resolve(folder, backend.cwd ?? '.'),
      env: { PATH: [...programFolders, PATH ?? ''].join(delimiter), ...env },
      onLine: (_stream: string, line: string) => log.info(line),
    };
  }

  async #awaitListening(incarnation: string): Promise<void> {
    const port = this.#port;
    const isCurrent = () => {
      const { state, pid, startedAt } = this.#supervised.status;
      return state === 'running' && `${startedAt}-${pid}` === incarnation;
    };
    while (isCurrent()) {
      if (await listens(port)) {
        if (!isCurrent()) return;
        const address = `${HOST}:${port}`;
        this.#endpoint = { id: this.id, address, incarnation, hostname: address };
        this.#note = undefined;
        this.#options.onChange();
        return;
      }
      this.#note ??= `${this.id} does not listen on 127.0.0.1:$PORT yet`;
      await new Promise((resolve) => setTimeout(resolve, KNOCK_MS));
    }
  }
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: HOST, port }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
