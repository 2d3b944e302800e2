import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Redis } from 'ioredis';
import { bucketKey } from '../../../../core/quota/keys.ts';
import { eventually } from '../../../fixtures/replica-server/waiting.ts';
import { freePort, REDIS_START_MS, redisProgram, startRedis, type TestRedis } from '../../../support/redis.ts';
import { BACK, FAILS, openStore, passing, settingsOf } from './redis-backed.ts';

const BUCKET = bucketKey('red', 'tenant');

describe('ext-authz/quota with a sentinel', function () {
  this.timeout(REDIS_START_MS);
  let master: TestRedis;
  let replica: TestRedis;
  let sentinel: ChildProcess;
  let url: string;
  const folder = mkdtempSync(join(tmpdir(), 'mcpgw-sentinel-'));

  before(async () => {
    master = await startRedis();
    replica = await startRedis({
      args: ['--replicaof', '127.0.0.1', String(master.port), '--repl-diskless-sync-delay', '0'],
    });
    const port = await freePort();
    url = `redis+sentinel://127.0.0.1:${port}/main`;
    const file = join(folder, 'sentinel.conf');
    writeFileSync(
      file,
      [
        ...[`port ${port}`, 'bind 127.0.0.1', `dir ${folder}`, `sentinel monitor main 127.0.0.1 ${master.port} 1`],
        ...['sentinel down-after-milliseconds main 500', 'sentinel failover-timeout main 3000', ''],
      ].join('\n'),
    );
    sentinel = spawn(await redisProgram(), [file, '--sentinel'], { stdio: 'ignore' });
  });
  const knownReplicas = async () => {
    const client = new Redis({ port: Number(new URL(url.replace('+sentinel', '')).port), retryStrategy: null });
    try {
      const replicas = await client.call('SENTINEL', 'REPLICAS', 'main');
      return Array.isArray(replicas) ? replicas.length : 0;
    } finally {
      client.disconnect();
    }
  };
  after(async () => {
    sentinel?.kill('SIGKILL');
    if (sentinel?.exitCode === null && sentinel.signalCode === null) await once(sentinel, 'exit');
    await master?.stop();
    await replica?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('follows the master to the promoted replica, with the usage', async () => {
    const opened = openStore(settingsOf(url));
    try {
      await eventually(() => opened.store.healthy, Boolean, 30_000);
      const before = opened.messages.length;
      expect(await passing(opened.store, 4)).to.equal(4);
      await eventually(() => replica.client.exists(BUCKET), Boolean);
      // The sentinel must know the replica before it can promote it.
      await eventually(knownReplicas, (count) => count === 1, 30_000);
      await master.client.wait(1, 10_000);
      await master.kill();
      await eventually(
        () => opened.store.healthy,
        (healthy) => !healthy,
      );
      expect(await passing(opened.store, 3)).to.equal(3);
      await eventually(() => opened.store.healthy, Boolean, 60_000);
      expect(await passing(opened.store, 12)).to.equal(3);
      expect(opened.messages.slice(before)).to.deep.equal([FAILS, BACK]);
    } finally {
      opened.close();
    }
  });
});
