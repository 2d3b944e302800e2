import { expect } from 'chai';
import { bucketKey } from '../../../../core/quota/keys.ts';
import { refOf } from '../../../core/session/arbitrary.ts';
import { eventually } from '../../../fixtures/replica-server/waiting.ts';
import { REDIS_START_MS } from '../../../support/redis.ts';
import { startRedisCluster, type TestCluster } from '../../../support/redis-cluster.ts';
import { BACK, DAILY, FAILS, type OpenedStore, openStore, passing, settingsOf } from './redis-backed.ts';

const TENANTS = Array.from({ length: 30 }, (_, index) => `tenant-${index}`);

describe('ext-authz/quota in a cluster of three nodes', function () {
  this.timeout(60_000);
  let cluster: TestCluster;
  let opened: OpenedStore;

  before(async function () {
    this.timeout(REDIS_START_MS);
    cluster = await startRedisCluster(3);
  });
  beforeEach(async () => {
    for (const { client } of cluster.nodes) await client.flushall();
    opened = openStore(settingsOf(cluster.url));
    await eventually(() => opened.store.healthy, Boolean);
  });
  afterEach(() => opened.close());
  after(() => cluster?.stop());

  const keysOn = (index: number) => cluster.nodes[index]?.client.keys('*') ?? Promise.resolve([]);

  it('keeps exact buckets of many tenants on all nodes, under concurrent requests', async () => {
    const user = { ...DAILY, key: 'user:ada', name: 'user' };
    const one = async (tenant: string) => {
      const outcome = await opened.store.take({ tenant, asks: [DAILY, user], session: refOf('f') });
      return outcome.kind === 'taken' && outcome.taken.allowed ? tenant : undefined;
    };
    const outcomes = await Promise.all(Array.from({ length: 15 }, () => TENANTS.map(one)).flat());
    for (const tenant of TENANTS)
      expect(
        outcomes.filter((name) => name === tenant),
        tenant,
      ).to.have.lengthOf(10);
    const keys = await Promise.all([0, 1, 2].map(keysOn));
    for (const onNode of keys) expect(onNode).to.not.deep.equal([]);
    expect(keys.flat().sort()).to.deep.equal(
      TENANTS.flatMap((tenant) => [bucketKey(tenant, 'tenant'), bucketKey(tenant, 'user:ada')]).sort(),
    );
    expect(opened.messages).to.deep.equal([]);
  });

  it('follows a hash slot that moves', async () => {
    expect(await passing(opened.store, 2)).to.equal(2);
    const key = bucketKey('red', 'tenant');
    const before = await cluster.nodeOf(key);
    await before.client.flushall();
    const to = cluster.nodes.find((node) => node !== before) ?? before;
    await cluster.move(key, to);
    expect(await passing(opened.store, 12)).to.equal(10);
    expect(await to.client.exists(key)).to.equal(1);
    expect(opened.messages).to.deep.equal([]);
  });

  it('does without a node that is down until it is back, which is logged once', async () => {
    const node = await cluster.nodeOf(bucketKey('red', 'tenant'));
    expect(await passing(opened.store, 4)).to.equal(4);
    await node.kill();
    expect(await passing(opened.store, 3)).to.equal(3);
    expect(opened.store.healthy).to.equal(false);
    // In the meantime, the store tries again and again.
    const other = cluster.nodes.find((candidate) => candidate !== node);
    const tries = async () => Number(/total_connections_received:(\d+)/.exec((await other?.client.info()) ?? '')?.[1]);
    const before = await tries();
    await eventually(
      async () => (await tries()) - before,
      (count) => count >= 2,
    );
    expect(opened.messages).to.deep.equal([FAILS]);
    await node.restart();
    await eventually(() => opened.store.healthy, Boolean, 30_000);
    expect(await passing(opened.store, 12)).to.equal(7);
    expect(opened.messages).to.deep.equal([FAILS, BACK]);
  });
});
