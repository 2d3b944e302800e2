import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { QuotaUnavailable } from '../../../../ext-authz/quota/store/resilient-store.ts';
import { eventually } from '../../../fixtures/replica-server/waiting.ts';
import { commandCalls, freePort, REDIS_START_MS, startRedis, type TestRedis } from '../../../support/redis.ts';
import { BACK, DAILY, FAILS, type OpenedStore, openStore, passing, settingsOf } from './redis-backed.ts';

const BUCKET = 'mcpgw:{red}:bucket:tenant';

describe('ext-authz/quota when Redis', function () {
  this.timeout(30_000);
  let redis: TestRedis;
  const stops: (() => unknown)[] = [];

  before(async function () {
    this.timeout(REDIS_START_MS);
    redis = await startRedis();
  });
  beforeEach(() => redis.client.flushall());
  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
  });
  after(() => redis?.stop());

  function open(settings: Parameters<typeof settingsOf>[1] = {}, url = redis.url): OpenedStore {
    const opened = openStore(settingsOf(url, settings));
    stops.push(opened.close);
    return opened;
  }
  const isBack = ({ store }: OpenedStore) => eventually(() => store.healthy, Boolean);
  const usedInRedis = async () =>
    Math.ceil(Number(((await redis.client.get(BUCKET)) ?? '0').split(':')[0]) / DAILY.limit.periodMs);

  it('is still being connected to: the first requests wait for it, and nothing is logged', async () => {
    const opened = open();
    expect(opened.store.healthy).to.equal(false);
    expect(await passing(opened.store, 4)).to.equal(4);
    expect(await usedInRedis()).to.equal(4);
    expect(opened.messages).to.deep.equal([]);
  });

  it('was never there: requests use the share, which is logged once; once it is there, they are charged', async () => {
    const port = await freePort();
    const opened = open({ deadlineMs: 50 }, `redis://127.0.0.1:${port}`);
    expect(await passing(opened.store, 15)).to.equal(10);
    await eventually(
      () => opened.messages,
      (messages) => messages.length > 0,
    );
    expect(await passing(opened.store, 15)).to.equal(0);
    expect(opened.messages).to.deep.equal([FAILS]);
    const late = await startRedis({ port });
    stops.push(late.stop);
    await isBack(opened);
    expect(await passing(opened.store, 5)).to.equal(0);
    expect(opened.messages).to.deep.equal([FAILS, BACK]);
  });

  it('closes an idle connection: this has no effect', async () => {
    const opened = open();
    expect(await passing(opened.store, 1)).to.equal(1);
    for (let n = 0; n < 5; n += 1) {
      await redis.client.call('CLIENT', 'KILL', 'SKIPME', 'yes');
      expect(await passing(opened.store, 1)).to.equal(1);
    }
    await isBack(opened);
    expect(opened.messages).to.deep.equal([]);
    expect(await passing(opened.store, 10)).to.equal(4);
  });

  it('is stopped and started again without data: at most a second burst, however long it takes', async () => {
    const three = [1, 2, 3].map(() => open({ processes: 3, deadlineMs: 200 }));
    const passingInAll = async () => {
      const each = await Promise.all(three.map(({ store }) => passing(store, 12)));
      return each.reduce((sum, passed) => sum + passed, 0);
    };
    await Promise.all(three.map(isBack));
    expect(await passingInAll()).to.equal(10);
    await redis.kill();
    stops.push(() => redis.restart());
    // Otherwise the negative cache still denies requests.
    await eventually(
      () => three.some(({ store }) => store.healthy),
      (healthy) => !healthy,
    );
    expect(await passingInAll()).to.equal(9);
    expect(await passingInAll()).to.equal(0);
    await redis.restart();
    await Promise.all(three.map(isBack));
    expect(await usedInRedis()).to.equal(9);
    expect(await passingInAll()).to.equal(1);
    for (const { messages } of three) expect(messages).to.deep.equal([FAILS, BACK]);
  });

  it('loses its data: the bucket is full again, once', async () => {
    const opened = open();
    expect(await passing(opened.store, 12)).to.equal(10);
    await redis.client.flushall();
    expect(
      await eventually(
        () => passing(opened.store, 12),
        (passed) => passed > 0,
      ),
    ).to.equal(10);
    expect(opened.messages).to.deep.equal([]);
  });

  it('hangs: one request waits until the deadline, the others do not wait', async () => {
    const opened = open({ deadlineMs: 200 });
    expect(await passing(opened.store, 2)).to.equal(2);
    const before = await commandCalls(redis.client, 'eval', 'evalsha');
    redis.pause();
    stops.push(() => redis.resume());
    expect(await passing(opened.store, 5)).to.equal(5);
    expect(opened.store.healthy).to.equal(false);
    redis.resume();
    await isBack(opened);
    // The request that waited was debited too, since its outcome is unknown: 2 + 1 + 5.
    const calls = await commandCalls(redis.client, 'eval', 'evalsha');
    expect(calls - before).to.equal(2);
    expect(await usedInRedis()).to.equal(8);
    expect(await passing(opened.store, 5)).to.equal(2);
    expect(opened.messages).to.deep.equal([FAILS, BACK]);
  });

  it('hangs for long: the store tries again, with a new connection', async () => {
    const opened = open({ deadlineMs: 50 });
    expect(await passing(opened.store, 1)).to.equal(1);
    redis.pause();
    stops.push(() => redis.resume());
    const until = performance.now() + 3_500;
    while (performance.now() < until) await passing(opened.store, 100);
    redis.resume();
    await isBack(opened);
    expect(await passing(opened.store, 5)).to.equal(0);
    expect(opened.messages).to.deep.equal([FAILS, BACK]);
  });

  it('becomes a replica that rejects writes, and is promoted again', async () => {
    const opened = open();
    expect(await passing(opened.store, 4)).to.equal(4);
    await redis.client.replicaof('127.0.0.1', 1);
    stops.push(() => redis.client.replicaof('NO', 'ONE'));
    expect(await passing(opened.store, 3)).to.equal(3);
    expect(opened.store.healthy).to.equal(false);
    await redis.client.replicaof('NO', 'ONE');
    await isBack(opened);
    expect(await usedInRedis()).to.equal(7);
    expect(opened.messages).to.deep.equal([FAILS, BACK]);
  });

  it('is full', async () => {
    const opened = open();
    expect(await passing(opened.store, 4)).to.equal(4);
    await redis.client.config('SET', 'maxmemory', '1');
    stops.push(() => redis.client.config('SET', 'maxmemory', '0'));
    expect(await passing(opened.store, 3)).to.equal(3);
    expect(opened.store.healthy).to.equal(false);
    await redis.client.config('SET', 'maxmemory', '0');
    await isBack(opened);
    expect(await usedInRedis()).to.equal(7);
    expect(opened.messages).to.deep.equal([FAILS, BACK]);
  });

  it('requires another password, which the file has later', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mcpgw-secret-'));
    stops.push(() => rmSync(folder, { recursive: true }));
    const redisPasswordFile = join(folder, 'password');
    writeFileSync(redisPasswordFile, 'wrong\n');
    const closed = await startRedis({ args: ['--requirepass', 'right'], password: 'right' });
    stops.push(closed.stop);
    const opened = open({ redisPasswordFile, deadlineMs: 100 }, closed.url);
    expect(await passing(opened.store, 3)).to.equal(3);
    await eventually(
      () => opened.messages,
      (messages) => messages.length > 0,
    );
    writeFileSync(redisPasswordFile, 'right\n');
    await isBack(opened);
    expect(await closed.client.get(BUCKET)).to.match(new RegExp(`^${3 * DAILY.limit.periodMs}:`));
    expect(opened.messages).to.deep.equal([FAILS, BACK]);
  });

  it('fails, and the settings deny requests then', async () => {
    const opened = open({ denyWithoutRedis: true, deadlineMs: 100 });
    expect(await passing(opened.store, 2)).to.equal(2);
    await redis.kill();
    stops.push(() => redis.restart());
    const error = await passing(opened.store, 1).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(QuotaUnavailable);
    await eventually(
      () => opened.messages,
      (messages) => messages.length > 0,
    );
    await redis.restart();
    await isBack(opened);
    expect(await passing(opened.store, 2)).to.equal(2);
    expect(opened.messages).to.deep.equal([
      'quotas: Redis fails; until it is back, requests that have a quota are denied',
      BACK,
    ]);
  });

  it('is disconnected during requests: they are answered', async () => {
    const opened = open();
    expect(await passing(opened.store, 1)).to.equal(1);
    redis.pause();
    stops.push(() => redis.resume());
    const pending = passing(opened.store, 2);
    opened.close();
    expect(await pending).to.equal(2);
    expect(opened.messages).to.deep.equal([]);
  });
});
