// Nodes whose pods are real processes on this machine, each pod with its own loopback address.
//
//   const kubelet = await startKubelet({ cluster });            // one node, the image test/replica
//   const namespace = await cluster.newNamespace({ nodes: kubelet.nodes });
//   … create pods there: they listen on their address; Services, probes, preStop and restarts work …
//   kubelet.container(namespace, 'mcp-github-0').kill();        // it crashes and is restarted in place
//   await kubelet.stop();

import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Api } from './api.ts';
import type { Cluster } from './cluster.ts';
import { PodAddresses } from './kubelet/addresses.ts';
import { type Images, REPLICA_IMAGE } from './kubelet/images.ts';
import { startLogServer } from './kubelet/logs.ts';
import { registerNodes } from './kubelet/nodes.ts';
import { PodRunner } from './kubelet/pod-runner.ts';
import { watchPods } from './kubelet/pod-watch.ts';
import type { Pod } from './kubelet/schema.ts';

/** Options of {@link startKubelet}. */
export interface KubeletOptions {
  cluster: Pick<Cluster, 'server' | 'token' | 'ca' | 'folder'>;
  /** Programs that replace the images. Default {@link REPLICA_IMAGE}; any other image cannot be pulled. */
  images?: Images;
  /** Number of nodes. Default 1. */
  count?: number;
  /** Milliseconds between probes, instead of their periods. */
  probeEveryMs?: number;
  /** Milliseconds before the second restart of a container. They double for each further one, up to 5 s. Default 200. */
  backoffMs?: number;
}

/** A container that runs, or waits to run. */
export interface RunningContainer {
  /** Id of its process; undefined if none is running. */
  pid: number | undefined;
  restartCount: number;
  /** The last lines that it wrote, in this run and the previous one. `kubectl logs` works too. */
  lines: readonly string[];
  /** Address of its pod. */
  address: string;
  /** Kills the process, as in a crash. */
  kill(signal?: NodeJS.Signals): void;
}

/** Nodes that this process simulates. */
export interface Kubelet {
  /** For `cluster.newNamespace({nodes})`. */
  nodes: string;
  /** May be changed: an image that cannot be pulled is looked up again. */
  images: Images;
  /** A container of a pod; without a name, the first one. Throws if it does not exist. */
  container(namespace: string, pod: string, container?: string): RunningContainer;
  /** Updates the mounted Secrets and ConfigMaps of a pod, as a kubelet does about every minute. */
  refreshVolumes(namespace: string, pod: string): Promise<void>;
  /** Stops all processes and removes the nodes from the cluster. */
  stop(): Promise<void>;
}

/** Starts a kubelet, which is ready for pods when this resolves. */
export async function startKubelet(options: KubeletOptions): Promise<Kubelet> {
  const { cluster, images = REPLICA_IMAGE, count = 1, probeEveryMs, backoffMs = 200 } = options;
  const pool = `nodes-${randomBytes(3).toString('hex')}`;
  const folder = mkdtempSync(join(tmpdir(), 'mk-'));
  const addresses = new PodAddresses();
  const api = new Api(cluster);
  const runners = new Map<string, { runner: PodRunner; done: Promise<void> }>();
  const finished = new Set<string>();
  let started = 0;
  const certificate = (file: string) => readFileSync(join(cluster.folder, file), 'utf8');
  const logs = await startLogServer(
    { key: certificate('apiserver.key'), cert: certificate('apiserver.crt') },
    (namespace, pod, container) => newest(namespace, pod)?.container(container)?.log,
  );
  const nodes = await registerNodes(api, pool, count, logs.port);
  const stopping = new AbortController();

  function start(pod: Pod): void {
    const { uid, name } = pod.metadata;
    started += 1;
    const own = { address: addresses.take(), folder: join(folder, String(started)) };
    const runner = new PodRunner(pod, { ...own, api, images, probeEveryMs, backoffMs });
    const done = runner
      .run()
      .catch((error: unknown) => console.error(`pod ${name}:`, error))
      .finally(() => {
        runners.delete(uid);
        finished.add(uid);
      });
    runners.set(uid, { runner, done });
  }

  // If this process exits early, the processes of the pods end too.
  const exit = () => process.exit(143);
  process.once('SIGTERM', exit);

  const watching = watchPods(
    api,
    {
      seen(pod) {
        const { uid, deletionTimestamp, deletionGracePeriodSeconds = 0 } = pod.metadata;
        if (!nodes.names.has(pod.spec.nodeName ?? '') || finished.has(uid)) return;
        if (!runners.has(uid) && !['Succeeded', 'Failed'].includes(pod.status.phase ?? '')) start(pod);
        if (deletionTimestamp !== undefined) runners.get(uid)?.runner.end(deletionGracePeriodSeconds * 1000);
      },
      all(uids) {
        for (const [uid, { runner }] of runners) if (!uids.has(uid)) void runner.vanish();
      },
      gone: (uid) => void runners.get(uid)?.runner.vanish(),
    },
    stopping.signal,
  );

  const newest = (namespace: string, name: string) =>
    [...runners.values()].findLast(
      ({ runner: { pod } }) => pod.metadata.namespace === namespace && pod.metadata.name === name,
    )?.runner;

  function find(namespace: string, name: string): PodRunner {
    const found = newest(namespace, name);
    if (found === undefined) throw new Error(`pod ${namespace}/${name} is not on these nodes`);
    return found;
  }

  return {
    nodes: pool,
    images,
    container(namespace, pod, name) {
      const runner = find(namespace, pod);
      const found = runner.container(name);
      if (found === undefined) throw new Error(`pod ${namespace}/${pod} has no container ${name}`);
      return {
        pid: found.pid,
        restartCount: found.report.restartCount,
        lines: found.log.lines,
        address: runner.options.address,
        kill(signal = 'SIGKILL') {
          if (found.pid !== undefined) process.kill(found.pid, signal);
        },
      };
    },
    refreshVolumes: (namespace, pod) => find(namespace, pod).volumes.write(),
    async stop() {
      process.off('SIGTERM', exit);
      stopping.abort();
      await watching;
      await Promise.all([...runners.values()].map(({ runner }) => runner.vanish()));
      await Promise.all([...runners.values()].map(({ done }) => done));
      await nodes.remove();
      logs.stop();
      api.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
