import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { tombstoneKey } from '../../core/quota/keys.ts';
import { endSession, openSession, rpc } from '../fixtures/replica-server/client.ts';
import { type Replica, startReplica } from '../fixtures/replica-server/server.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { REDIS_START_MS, startRedis, type TestRedis } from '../support/redis.ts';

describe('sessions that end, with several gateways and one Redis', function () {
  this.timeout(REDIS_START_MS);
  let redis: TestRedis;
  let replica: Replica;
  let gateway: TestGateway;
  let url: string;

  before(async () => {
    redis = await startRedis();
    replica = await startReplica({ name: 'replica' });
    gateway = await startGateway({
      settings: { redis: { url: redis.url } },
      backends: { jira: { name: 'jira', url: `http://127.0.0.1:${replica.port}/mcp` } },
    });
    url = gateway.backendUrl('jira');
  });
  after(async () => {
    await gateway?.stop();
    await redis?.stop();
    await replica?.stop();
  });

  /** Fingerprint of the n-th opened session. */
  const fingerprint = (n: number) =>
    eventually(() => {
      const lines = readFileSync(join(gateway.stateDir, 'audit.log'), 'utf8').trim().split('\n');
      const records = lines.map((line) => JSON.parse(line) as { event?: string; session?: string });
      return records.filter(({ event }) => event === 'session-opened')[n - 1]?.session ?? '';
    }, Boolean);

  it('are reported to the other gateways', async () => {
    const token = await gateway.token();
    const { session } = await openSession(url, { token });
    const key = tombstoneKey('engineering', await fingerprint(1));
    expect((await endSession(url, { token, session })).status).to.equal(200);
    expect(await redis.client.pttl(key)).to.be.above(60_000);
  });

  it('are denied when another gateway ended them', async () => {
    const token = await gateway.token();
    const { session } = await openSession(url, { token });
    expect((await rpc(url, { token, session })).status).to.equal(200);
    await redis.client.set(tombstoneKey('engineering', await fingerprint(2)), '1', 'PX', 60_000);
    await eventually(
      () => rpc(url, { token, session }),
      ({ status }) => status === 404,
    );
  });

  it('also end while Redis is unreachable', async () => {
    const token = await gateway.token();
    const { session } = await openSession(url, { token });
    await redis.kill();
    expect((await endSession(url, { token, session })).status).to.equal(200);
    expect((await rpc(url, { token, session })).status).to.equal(404);
  });
});
