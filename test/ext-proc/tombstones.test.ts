import { expect } from 'chai';
import { tombstonesKey, WATERMARK } from '../../core/quota/keys.ts';
import type { EndedSession } from '../../core/session/ended-record.ts';
import { MAX_OF_OWNER } from '../../core/session/ended-sessions.ts';
import { RedisStore } from '../../ext-authz/quota/store/redis-store.ts';
import { SharedTombstones } from '../../ext-proc/tombstones.ts';
import { endedOf, hexOf } from '../core/session/arbitrary.ts';
import { capturedLog } from '../ext-authz/captured-log.ts';
import { settingsOf } from '../ext-authz/quota/store/redis-backed.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { REDIS_START_MS, startRedis, type TestRedis } from '../support/redis.ts';

const NOW = Math.floor(Date.now() / 1000);
const LIFETIME = 3_600;

/** The n-th session of an owner, each opened a second after the one before, the first one 2,000 s ago. */
const nth = (n: number, owner = 'greedy'): EndedSession => {
  const issuedAtSeconds = NOW - 2_000 + n;
  const session = endedOf(`${owner} ${n}`, issuedAtSeconds + LIFETIME, { owner: hexOf(owner) });
  return { ...session, issuedAtSeconds };
};

describe('ext-proc/tombstones', () => {
  let redis: TestRedis;
  let tombstones: SharedTombstones;
  let nowMs: number;

  before(async function () {
    this.timeout(REDIS_START_MS);
    redis = await startRedis();
  });
  beforeEach(async () => {
    await redis.client.flushall();
    nowMs = NOW * 1000;
    const { log } = capturedLog();
    tombstones = new SharedTombstones(log, () => nowMs);
    tombstones.use(settingsOf(redis.url, { deadlineMs: 5_000 }));
    await eventually(async () => {
      await tombstones.leave('red', nth(0, 'first'));
      return redis.client.exists(tombstonesKey('red', hexOf('first')));
    }, Boolean);
  });
  afterEach(() => tombstones.close());
  after(() => redis?.stop());

  const key = tombstonesKey('red', hexOf('greedy'));
  const leaveAll = async (from: number, to: number) => {
    for (let n = from; n < to; n += 1) await tombstones.leave('red', nth(n));
  };
  const isEnded = async (session: EndedSession) => {
    const { kind } = await new RedisStore(redis.client).take({ tenant: 'red', asks: [], session });
    return kind === 'ended';
  };

  it('keeps a bounded number for each owner, and forgets no ended session', async () => {
    const count = MAX_OF_OWNER + 30;
    await leaveAll(0, count);
    expect(await redis.client.zcard(key)).to.equal(MAX_OF_OWNER);
    // The watermark is one of them.
    expect(await redis.client.zscore(key, WATERMARK)).to.equal(`${nth(30).issuedAtSeconds}`);
    for (let n = 0; n < count; n += 1) expect(await isEnded(nth(n)), `${n}`).to.equal(true);
    const alive = async (n: number) => !(await isEnded({ ...nth(n), fingerprint: hexOf('alive') }));
    expect([await alive(0), await alive(30), await alive(31)]).to.deep.equal([false, false, true]);
    expect(await isEnded(nth(31, 'other'))).to.equal(false);
  }).timeout(60_000);

  it('removes those that have expired, and the watermark with them', async () => {
    await leaveAll(0, MAX_OF_OWNER + 1);
    expect(await redis.client.zscore(key, WATERMARK)).to.equal(`${nth(1).issuedAtSeconds}`);
    nowMs = (nth(500).issuedAtSeconds + LIFETIME) * 1000;
    await leaveAll(MAX_OF_OWNER + 1, MAX_OF_OWNER + 2);
    expect(await redis.client.zscore(key, WATERMARK)).to.equal(null);
    expect(await redis.client.zcard(key)).to.equal(MAX_OF_OWNER + 1 - 500);
  }).timeout(60_000);

  it('leaves them as long as the last one may be used', async () => {
    await tombstones.leave('red', nth(1_500));
    await tombstones.leave('red', nth(0));
    expect(await redis.client.pttl(key)).to.be.within((LIFETIME - 500) * 1000 - 60_000, (LIFETIME - 500) * 1000);
  });
});
