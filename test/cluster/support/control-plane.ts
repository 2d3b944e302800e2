// A real Kubernetes control plane for tests: API server, etcd, controllers and scheduler.
//
//   let cluster: Cluster;
//   before(async function () {
//     this.timeout(CLUSTER_TIMEOUT_MS);          // it is built when the cache does not have it
//     cluster = await sharedCluster();           // shared.ts: one for the whole run, with the CRDs and two fake nodes
//   });
//   it('…', async () => {
//     const namespace = await cluster.newNamespace();
//     await cluster.apply(yaml, namespace);
//   });
//
// A test that stops the API server takes a control plane of its own: `await startCluster()` of cluster.ts, and stops it.

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { z } from 'zod';
import { findKontrol } from '../../../scripts/go-tools/find.ts';

/** What a control plane is started with. */
export interface ControlPlaneOptions {
  /** Also runs the controller manager and the scheduler. Without it namespaces have no ServiceAccount and never go away. Default true. */
  controllers?: boolean;
  /**
   * That many nodes whose pods are Running at once, with nothing behind them. A pod's annotation `fake-kubelet/phase` is another phase
   * for it, `fake-kubelet/waiting` a reason for which it stays Pending. Default 0.
   */
  fakeNodes?: number;
  /** More flags of kube-apiserver. */
  apiServerArgs?: string[];
}

/** A running control plane. Everyone who has its token is a cluster administrator. */
export interface ControlPlane {
  /** `https://127.0.0.1:PORT`. */
  server: string;
  /** Of `system:masters`. */
  token: string;
  /** The certificate authority, PEM. */
  ca: string;
  /** Path of a kubeconfig with that token. */
  kubeconfig: string;
  /** The program, for its `kubectl`. */
  program: string;
  /** Folder for files that go with it. Holds the logs of its parts. */
  folder: string;
  pid: number;
  /** Ends the API server as a crash does; etcd and the controllers stay. */
  stopApiServer(): Promise<void>;
  /** Starts it again, on the same port and data, and waits until it is ready. */
  startApiServer(): Promise<void>;
  /** Ends everything and removes the folder. */
  stop(): Promise<void>;
}

/** For a hook that may have to build the control plane first. */
export const CLUSTER_TIMEOUT_MS = 20 * 60_000;

const answerSchema = z.object({ done: z.string() });
const startedSchema = z.object({ server: z.string(), token: z.string(), ca: z.string(), kubeconfig: z.string() });

/** Starts a control plane on a free port; it ends with this process at the latest. */
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

/** Commands to the program, a line each, and its answers, one for each. */
class Commands {
  readonly ended: Promise<unknown>;
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #waiting: { resolve: (answer: unknown) => void; reject: (error: Error) => void }[] = [];
  readonly #errors: string[] = [];

  constructor(child: ChildProcessByStdio<Writable, Readable, Readable>) {
    this.#child = child;
    child.stdin.on('error', () => {}); // It has ended, which `ended` tells.
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
