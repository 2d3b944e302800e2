import { connect } from 'node:net';
import { delimiter, resolve } from 'node:path';
import type { Backend } from '../core/registry/backend.ts';
import type { Endpoint } from '../core/registry/endpoint.ts';
import type { Logger } from '../runtime/log.ts';
import { describeExit } from '../runtime/processes/child.ts';
import { endLeftovers } from '../runtime/processes/leftovers.ts';
import { freePort } from '../runtime/processes/ports.ts';
import { type Supervised, superviseChild } from '../runtime/processes/supervisor.ts';
import { ReplicaRecord } from '../runtime/state/replica-record.ts';
import { forwardLine } from './output.ts';
import { bridgeCommand, bridgeRecord } from './stdio.ts';

const HOST = '127.0.0.1';
const POLL_MS = 50;
const STOP_GRACE_MS = 5_000;

/** Settings of a {@link Replica}. */
export interface ReplicaOptions {
  /** `<backend>-<number>`, unique during the life of the gateway. */
  id: string;
  backend: Backend;
  /** Folder of gateway.yaml: the default working directory, and the base of a relative `cwd`. */
  folder: string;
  /** Environment of `up`, of which a few variables are passed on. */
  baseEnv: Readonly<Record<string, string | undefined>>;
  /** Folders that are searched for programs before those in PATH. */
  programFolders: readonly string[];
  /** Path of `mcp-gateway`, whose command `bridge` serves backends that speak stdio or HTTP+SSE. */
  program: string;
  /** Record file of the child processes. */
  recordFile: string;
  /** Folder with a record of each replica. */
  replicasFolder: string;
  log: Logger;
  /** Called after the endpoint or the note has changed. */
  onChange: () => void;
}

/** One process of a backend: its server, or a bridge. Each restart has a new port and a new incarnation. */
export class Replica {
  readonly id: string;
  /** Whether it gets no new sessions. Existing ones continue. */
  draining = false;
  readonly #options: ReplicaOptions;
  readonly #supervised: Supervised;
  readonly #record: ReplicaRecord;
  #port = 0;
  #endpoint: Omit<Endpoint, 'draining'> | undefined;
  #note: string | undefined;

  constructor(options: ReplicaOptions) {
    this.id = options.id;
    this.#options = options;
    this.#record = new ReplicaRecord(options.replicasFolder, options.id, options.backend.name);
    this.#supervised = superviseChild(() => this.#spec(), {
      recordFile: options.recordFile,
      onState: ({ state, pid, startedAt, lastExit, nextStartAt, restarts }) => {
        this.#endpoint = undefined;
        this.#note = undefined;
        if (state === 'running') void this.#awaitListening(`${startedAt}-${pid}`);
        if (state === 'backing-off' && lastExit !== undefined) {
          const waitMs = Math.max(0, (nextStartAt ?? 0) - Date.now());
          this.#note = `${this.id} ended (${describeExit(lastExit)}); next start in ${(waitMs / 1000).toFixed(1)} s`;
          options.log.warn(this.#note);
        }
        const ended = lastExit === undefined ? {} : { lastExit: describeExit(lastExit) };
        const started = startedAt === undefined ? {} : { startedAtMs: startedAt };
        this.#record.change({ state, restarts, ...started, ...ended }, this.#note ?? state);
        options.onChange();
      },
    });
  }

  /** Its endpoint; undefined while it does not listen. */
  get endpoint(): Endpoint | undefined {
    return this.#endpoint && { ...this.#endpoint, draining: this.draining };
  }

  /** Why it has no endpoint. */
  get note(): string | undefined {
    return this.#note;
  }

  /** Ends the process. */
  async stop(graceMs = STOP_GRACE_MS): Promise<void> {
    await this.#supervised.stop(graceMs);
    this.#record.remove();
  }

  async #spec() {
    const { backend, folder, baseEnv, programFolders, program, log } = this.#options;
    this.#port = await freePort(HOST);
    const { PATH, HOME, LANG, TMPDIR, USER } = baseEnv;
    const env = { HOME, LANG, TMPDIR, USER, ...backend.env, PORT: String(this.#port) };
    const isBridged = backend.transport !== 'http';
    const spec = {
      name: this.id,
      command: backend.command ?? [],
      cwd: resolve(folder, backend.cwd ?? '.'),
      env: { PATH: [...programFolders, PATH ?? ''].join(delimiter), ...env },
      onLine: (_stream: string, line: string) => {
        if (isBridged) forwardLine(log, line);
        else log.info(line);
        this.#record.line(line);
      },
    };
    if (!isBridged) return spec;
    const recordFile = bridgeRecord(this.#options.recordFile, this.id);
    // Servers of an earlier bridge that was killed.
    await endLeftovers(recordFile, log);
    // When this process ends, the message channel closes, and the bridge ends with its servers.
    return { ...spec, command: bridgeCommand(backend, { program, folder, port: this.#port, recordFile }), ipc: true };
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
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
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
