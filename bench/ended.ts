// What ended sessions cost: the start of a gateway, the memory and processor time of its processes, and a DELETE, at several numbers of them:
//   node bench/ended.ts [NUMBER...]        default 0 100000 1000000
// Real roles and a real Envoy on this machine; prints the rows of a table. EACH_OWNER=100 gives each owner 100 sessions instead of one.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endSession, openSession } from '../test/fixtures/replica-server/client.ts';
import { childrenOf } from '../test/fixtures/replica-server/processes.ts';
import { type Replica, startReplica } from '../test/fixtures/replica-server/server.ts';
import { startGateway } from '../test/support/gateway.ts';
import { writeEnded } from './load/ended-file.ts';
import { usageOf } from './watcher/usage.ts';

const DELETES = 50;
const ROLES = ['watcher', 'ext-authz-0', 'ext-proc-0'];

async function measure(replica: Replica, count: number, eachOwner: number): Promise<string> {
  const stateDir = mkdtempSync(join(tmpdir(), 'mcpgw-'));
  writeEnded(join(stateDir, 'ended-sessions'), count, eachOwner);
  const backends = { one: { name: 'one', url: `http://127.0.0.1:${replica.port}/mcp` } };
  const startedMs = performance.now();
  const gateway = await startGateway({ stateDir, backends, workers: 1 });
  try {
    const startMs = performance.now() - startedMs;
    const usages = ROLES.map((role) => usageOf(childrenOf(stateDir).get(role) ?? 0));
    const url = gateway.backendUrl('one');
    const token = await gateway.token();
    const deletesMs: number[] = [];
    for (let n = 0; n < DELETES; n += 1) {
      const { session } = await openSession(url, { token });
      const fromMs = performance.now();
      const { status } = await endSession(url, { token, session });
      if (status !== 200) throw new Error(`a DELETE was answered with ${status}`);
      deletesMs.push(performance.now() - fromMs);
    }
    deletesMs.sort((a, b) => a - b);
    const cells = [
      ...[`${count}`, `${(startMs / 1000).toFixed(1)} s`],
      ...usages.map(({ memoryMiB, cpuSeconds }) => `${Math.round(memoryMiB)} MiB, ${cpuSeconds.toFixed(1)} s`),
      ...[deletesMs[DELETES / 2], deletesMs[DELETES - 1]].map((ms = Number.NaN) => `${ms.toFixed(1)} ms`),
    ];
    return `| ${cells.join(' | ')} |`;
  } finally {
    await gateway.stop();
    rmSync(stateDir, { recursive: true, force: true });
  }
}

const counts = process.argv.slice(2).map(Number);
const replica = await startReplica({ name: 'replica' });
try {
  console.log(`| ended sessions | start | ${ROLES.join(' | ')} | DELETE: median | longest |`);
  for (const count of counts.length > 0 ? counts : [0, 100_000, 1_000_000]) {
    console.log(await measure(replica, count, Number(process.env.EACH_OWNER ?? 1)));
  }
} finally {
  await replica.stop();
}
