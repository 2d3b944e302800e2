// Measures how fast a change in a cluster takes effect, and what the watcher costs, at several sizes of the fleet:
//   node bench/watcher.ts [SIZE...]        default 100 1000 5000
// Uses a real API server, the real roles and a real Envoy on this machine. Prints the rows of the table in bench/CLUSTER.md.

import { setTimeout as sleep } from 'node:timers/promises';
import { startClusterGateway } from '../test/cluster/support/gateway.ts';
import { askReplica } from '../test/fixtures/replica-server/client.ts';
import { startReplica } from '../test/fixtures/replica-server/server.ts';
import { eventually } from '../test/fixtures/replica-server/waiting.ts';
import { type BenchFleet, nameOf, startFleet } from './watcher/fleet.ts';
import { type Usage, usageOf } from './watcher/usage.ts';

const CHANGES = 40;
const IDLE_MS = 20_000;
const START_LIMIT_MS = 180_000;

interface Row {
  backends: number;
  startMs: number;
  changesMs: number[];
  burstMs: number;
  watcher: Usage;
  idleCpuPercent: number;
  cpuMsEachChange: number;
  envoyMiB: number;
}

async function measure(fleet: BenchFleet, backends: number): Promise<Row> {
  await fleet.grow(backends);
  const beganMs = performance.now();
  const gateway = await startClusterGateway({
    kubeconfig: fleet.cluster.kubeconfig,
    namespace: fleet.namespace,
    tenants: { namespace: fleet.namespace, configMap: 'mcp-gateway-tenants' },
    untilReady: false,
  });
  try {
    const token = await gateway.token();
    const serves = async (index: number, name: string) =>
      (await askReplica(gateway.backendUrl(nameOf(index)), { token })).replica === name;
    const last = backends - 1;
    for (const index of [0, last])
      await eventually(
        () => serves(index, 'a'),
        (is) => is,
        START_LIMIT_MS,
      );
    const startMs = performance.now() - beganMs;
    await sleep(3_000);

    const idleFrom = usageOf(gateway.pid('watcher'));
    await sleep(IDLE_MS);
    const idleTo = usageOf(gateway.pid('watcher'));

    const changesMs: number[] = [];
    let server: 'a' | 'b' = 'a';
    for (let change = 0; change < CHANGES; change += 1) {
      server = server === 'a' ? 'b' : 'a';
      const name = server;
      const fromMs = performance.now();
      await fleet.turn(0, server);
      while (!(await serves(0, name))) await sleep(1);
      changesMs.push(performance.now() - fromMs);
      // Keeps the changes apart, or they would be published together.
      await sleep(100);
    }
    const changed = usageOf(gateway.pid('watcher'));

    const many = [1, 2, 3, 4, 5, 6, 7, 8, 9];
    const burstFrom = performance.now();
    await Promise.all(many.map((index) => fleet.turn(index, 'b')));
    await Promise.all(
      many.map((index) =>
        eventually(
          () => serves(index, 'b'),
          (is) => is,
        ),
      ),
    );
    const burstMs = performance.now() - burstFrom;
    await Promise.all([0, ...many].map((index) => fleet.turn(index, 'a')));
    return {
      backends,
      startMs,
      changesMs: changesMs.sort((a, b) => a - b),
      burstMs,
      watcher: changed,
      idleCpuPercent: ((idleTo.cpuSeconds - idleFrom.cpuSeconds) / (IDLE_MS / 1000)) * 100,
      cpuMsEachChange: ((changed.cpuSeconds - idleTo.cpuSeconds) * 1000) / CHANGES,
      envoyMiB: usageOf(gateway.pid('envoy')).memoryMiB,
    };
  } finally {
    await gateway.stop();
  }
}

function print({ changesMs, watcher, ...row }: Row): void {
  const at = (share: number) => Math.round(changesMs[Math.floor(share * (changesMs.length - 1))] ?? 0);
  const cells = [
    row.backends,
    `${(row.startMs / 1000).toFixed(1)} s`,
    `${at(0.5)} ms`,
    `${at(0.95)} ms`,
    `${at(1)} ms`,
    `${Math.round(row.burstMs)} ms`,
    `${Math.round(watcher.memoryMiB)} / ${Math.round(watcher.peakMiB)} MiB`,
    `${row.idleCpuPercent.toFixed(1)} %`,
    `${Math.round(row.cpuMsEachChange)} ms`,
    `${Math.round(row.envoyMiB)} MiB`,
  ];
  console.log(`| ${cells.join(' | ')} |`);
}

const sizes = process.argv.slice(2).map(Number);
const [a, b] = await Promise.all(['a', 'b'].map((name) => startReplica({ name })));
const fleet = await startFleet({ a: a?.port ?? 0, b: b?.port ?? 0 });
try {
  for (const size of sizes.length > 0 ? sizes : [100, 1_000, 5_000]) print(await measure(fleet, size));
} finally {
  await fleet.stop();
  await Promise.all([a?.stop(), b?.stop()]);
}
