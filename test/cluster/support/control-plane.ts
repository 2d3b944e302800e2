// A real Kubernetes control plane for tests: API server, etcd, controllers and scheduler.
//
//   let cluster: Cluster;
//   before(async function () {
//     this.timeout(CLUSTER_TIMEOUT_MS);          // it is built if the cache does not have it
//     cluster = await sharedCluster();           // shared.ts: one for the whole run, with the CRDs and two fake nodes
//   });
//   it('…', async () => {
//     const namespace = await cluster.newNamespace();
//     await cluster.apply(yaml, namespace);
//   });
//
// A test that stops the API server needs its own control plane: it calls `await startCluster()` of cluster.ts, and stops it.

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { z } from 'zod';
import { findKontrol } from '../../../scripts/go-tools/find.ts';

/** Options of a control plane. */
export interface ControlPlaneOptions {
  /** Whether to run the controller manager and the scheduler. Without them, namespaces have no ServiceAccount and are never deleted. Default true. */
  controllers?: boolean;
  /**
   * Number of fake nodes. Their pods are Running immediately, without any process. The annotation `fake-kubelet/phase` of a pod sets
   * another phase; `fake-kubelet/waiting` is a reason for which the pod stays Pending. Default 0.
   */
  fakeNodes?: number;
  /** Additional flags of kube-apiserver. */
  apiServerArgs?: string[];
}

/** A running control plane. Its token belongs to a cluster administrator. */
export interface ControlPlane {
  /** `https://127.0.0.1:PORT`. */
  server: string;
  /** Token of a user in `system:masters`. */
  token: string;
  /** The certificate authority, PEM. */
  ca: string;
  /** Path of a kubeconfig with that token. */
  kubeconfig: string;
  /** Path of the program, which contains `kubectl`. */
  program: string;
  /** Folder for its files. It holds the logs of the components. */
  folder: string;
  pid: number;
  /** Kills the API server, as in a crash. etcd and the controllers keep running. */
  stopApiServer(): Promise<void>;
  /** Restarts the API server with the same port and data, and waits until it is ready. */
  startApiServer(): Promise<void>;
  /** Stops everything and removes the folder. */
  stop(): Promise<void>;
}

/** Timeout of a hook that may have to build the control plane first. */
export const CLUSTER_TIMEOUT_MS = 20 * 60_000;

const answerSchema = z.object({ done: z.string() });
const startedSchema = z.object({ server: z.string(), token: z.string(), ca: z.string(), kubeconfig: z.string() });

/** Starts a control plane on a free port. It ends with this process at the latest. */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const { controllers = true, fakeNodes = 0, apiServerArgs = [] } = options;
  const program = await findKontrol((line) => console.log(`      ${line}`));
  const folder = mkdtempSync(join(tmpdir(), 'mcpgw-cluster-'));
  const args = ['up', '--dir', folder, '--exit-on-stdin-eof', '--fake-nodes', String(fakeNodes)];
  if (controllers) args.push('--controllers');
  for (const arg of apiServerArgs) args.push('--apiserver-arg', arg);
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const commands = new Commands(child);
  const end = async () => {
    child.stdin.end();
    await commands.ended;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const started = startedSchema.parse(await commands.answer());
    return {
      ...started,
      ca: readFileSync(started.ca, 'utf8'),
      program,
      folder,
      pid: child.pid ?? 0,
      stopApiServer: () => commands.send('stop-apiserver'),
      startApiServer: () => commands.send('start-apiserver'),
      stop: end,
    };
  } catch (error) {
    await end();
    throw error;
  }
}

/** Sends commands to the program, one per line, and reads one answer for each. */
class Commands {
  readonly ended: Promise<unknown>;
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #waiting: { resolve: (answer: unknown) => void; reject: (error: Error) => void }[] = [];
  readonly #errors: string[] = [];

  constructor(child: ChildProcessByStdio<Writable, Readable, Readable>) {
    this.#child = child;
    child.stdin.on('error', () => {}); // The exit handler reports the end of the program.
    createInterface({ input: child.stderr }).on('line', (line) => this.#errors.push(line));
    createInterface({ input: child.stdout }).on('line', (line) => this.#waiting.shift()?.resolve(JSON.parse(line)));
    this.ended = once(child, 'close').then(() => {
      const error = new Error(['the control plane ended', ...this.#errors.slice(-10)].join('\n'));
      for (const { reject } of this.#waiting.splice(0)) reject(error);
    });
  }

  async answer(): Promise<unknown> {
    if (this.#child.exitCode !== null)
      throw new Error(['the control plane ended', ...this.#errors.slice(-10)].join('\n'));
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  async send(command: string): Promise<void> {
    this.#child.stdin.write(`${command}\n`);
    const { done } = answerSchema.parse(await this.answer());
    if (done !== command) throw new Error(`the control plane answered ${done} to ${command}`);
  }
}
