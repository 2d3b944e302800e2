import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { SessionRecord } from '../../core/decision/audit.ts';
import { tombstonesKey, WATERMARK } from '../../core/quota/keys.ts';
import { ownerOf } from '../../core/session/ended-record.ts';
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

  /** Fingerprint of the n-th opened session, and the key of the tombstones of its owner. */
  const lastOpened = async (n: number) => {
    const opened = await eventually(() => {
      const lines = readFileSync(join(gateway.stateDir, 'audit.log'), 'utf8').trim().split('\n');
      const records = lines.map((line) => JSON.parse(line) as SessionRecord);
      return records.filter(({ event }) => event === 'session-opened')[n - 1];
    }, Boolean);
    if (opened === undefined) throw new Error('no session was opened');
    const { session, tenant, backend, principal } = opened;
    const owner = ownerOf({ tenant, backend, principal: Buffer.from(principal, 'hex') });
    return { fingerprint: session, key: tombstonesKey(tenant, owner) };
  };

  it('are reported to the other gateways', async () => {
    const token = await gateway.token();
    const { session } = await openSession(url, { token });
    const { key, fingerprint } = await lastOpened(1);
    expect((await endSession(url, { token, session })).status).to.equal(200);
    expect(Number(await redis.client.zscore(key, fingerprint))).to.be.closeTo(Date.now() / 1000, 60);
    expect(await redis.client.pttl(key)).to.be.above(60_000);
  });

  it('are denied when another gateway ended them', async () => {
    const token = await gateway.token();
    const { session } = await openSession(url, { token });
    expect((await rpc(url, { token, session })).status).to.equal(200);
    const { key, fingerprint } = await lastOpened(2);
    await redis.client.zadd(key, 0, fingerprint);
    await eventually(
      () => rpc(url, { token, session }),
      ({ status }) => status === 404,
    );
  });

  it('are denied when another gateway dropped their tombstones, and younger ones are not', async () => {
    const token = await gateway.token();
    const { session } = await openSession(url, { token });
    expect((await rpc(url, { token, session })).status).to.equal(200);
    const { key } = await lastOpened(3);
    await redis.client.zadd(key, Math.floor(Date.now() / 1000), WATERMARK);
    await eventually(
      () => rpc(url, { token, session }),
      ({ status }) => status === 404,
    );
    // Until then a session may be as old as the watermark.
    await eventually(
      async () => rpc(url, { token, session: (await openSession(url, { token })).session }),
      ({ status }) => status === 200,
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
