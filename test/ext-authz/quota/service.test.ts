import { expect } from 'chai';
import { issuerSchema } from '../../../core/identity/issuer.ts';
import { tombstonesKey } from '../../../core/quota/keys.ts';
import { quotaSchema } from '../../../core/quota/quota.ts';
import type { AdmissionRequest } from '../../../ext-authz/check/admission.ts';
import { QuotaCounts } from '../../../ext-authz/quota/counts.ts';
import { QuotaService } from '../../../ext-authz/quota/service.ts';
import { SharedTombstones } from '../../../ext-proc/tombstones.ts';
import { endedOf, hexOf, refOf } from '../../core/session/arbitrary.ts';
import { eventually } from '../../fixtures/replica-server/waiting.ts';
import { commandCalls, freePort, REDIS_START_MS, startRedis, type TestRedis } from '../../support/redis.ts';
import { capturedLog } from '../captured-log.ts';
import { policyBackend } from '../policy.ts';
import { settingsOf } from './store/redis-backed.ts';

const DAY_S = 86_400;

/** A call of one tool by a member of the tenant `red`, which has this quota. */
function callOf(quota: unknown, name?: string): AdmissionRequest {
  const session = { sealed: 's', serverSessionId: 's', expiresAtSeconds: 0, incarnation: 'one' };
  const { claims: issuerClaims } = issuerSchema.parse({ url: 'https://i.example' });
  return {
    httpMethod: 'POST',
    identity: {
      ...{ issuer: 'https://i.example', issuerClaims, claims: {}, subject: 'ada', principal: Buffer.alloc(16, 1) },
      ...{ audiences: [], scopes: [], expiresAtSeconds: 0 },
    },
    membership: {
      tenant: {
        ...{ name: 'red', match: [], backends: ['*'], roles: [], rules: [] },
        quota: quota === undefined ? undefined : quotaSchema.parse(quota),
      },
      roles: [],
    },
    backend: policyBackend('a'),
    message: {
      ...{ era: 'legacy', id: 1, methods: ['tools/call'], lists: false, initialize: false },
      items: [{ kind: 'tools', name: 'x' }],
    },
    route: {
      ...{ lane: 'session', backend: 'a', path: '/mcp', affinity: undefined, pin: undefined },
      session: name === undefined ? undefined : { ...session, ...refOf(name) },
    },
  };
}

describe('ext-authz/quota/service', () => {
  const one = { requests: 1, per: 'day' };
  let redis: TestRedis;
  let service: QuotaService;
  let messages: string[];
  /** Outcomes of the charges since the test began. */
  let outcomes: (string | undefined)[];

  before(async function () {
    this.timeout(REDIS_START_MS);
    redis = await startRedis();
  });
  beforeEach(async () => {
    await redis.client.flushall();
    const captured = capturedLog('info');
    messages = captured.messages;
    outcomes = [];
    service = new QuotaService(captured.log, new QuotaCounts());
  });
  afterEach(() => service.close());
  after(() => redis?.stop());

  const statusOf = async (request: AdmissionRequest) => {
    const admission = await service.rule(request);
    outcomes.push(admission?.charge?.outcome);
    return admission?.admitted === false ? admission.denial.status : 'passes';
  };
  const useRedis = async () => {
    service.use(settingsOf(redis.url));
    await eventually(() => service.mode === 'redis', Boolean);
  };

  it('uses its share without Redis, and returns the charge', async () => {
    expect(service.mode).to.equal('share');
    expect(await statusOf(callOf(one))).to.equal('passes');
    expect(await statusOf(callOf(one))).to.equal(429);
    expect(await statusOf(callOf({ ...one, dryRun: true }))).to.equal('passes');
    expect(await statusOf(callOf(undefined))).to.equal('passes');
    expect(outcomes).to.deep.equal(['allowed', 'refused', 'would-refuse', 'free']);
  });

  it('keeps the usage of its share when settings change', async () => {
    expect(await statusOf(callOf(one))).to.equal('passes');
    service.use(settingsOf(`redis://127.0.0.1:${await freePort()}`, { deadlineMs: 5 }));
    expect(await statusOf(callOf({ ...one, burst: 2 }))).to.equal('passes');
    service.use(settingsOf('', { deadlineMs: 5 }));
    expect(await statusOf(callOf({ ...one, burst: 2 }))).to.equal(429);
  });

  it('reports that it uses Redis', async () => {
    await useRedis();
    expect(await statusOf(callOf(one))).to.equal('passes');
    expect(await redis.client.keys('*')).to.deep.equal(['mcpgw:{red}:bucket:tenant']);
    expect(service.metrics).to.include('mcp_gateway_quota_redis_up 1\n');
  });

  it('denies requests without Redis if so configured, except in a dry run and without a quota', async () => {
    const settings = settingsOf(`redis://127.0.0.1:${await freePort()}`, { denyWithoutRedis: true, deadlineMs: 5 });
    service.use(settings);
    expect(service.mode).to.equal('refuse');
    expect(await statusOf(callOf(one))).to.equal(503);
    expect(await statusOf(callOf({ ...one, dryRun: true }))).to.equal('passes');
    expect(await statusOf(callOf(undefined, 'f'))).to.equal('passes');
    expect(outcomes).to.deep.equal(['unavailable', 'unavailable', 'free']);
    service.close();
    service.use({ ...settings, redisPasswordFile: '/nowhere' });
    expect(await statusOf(callOf(one))).to.equal(503);
    expect(messages).to.deep.equal(['quotas: Redis cannot be used']);
  });

  describe('with sessions that another gateway ends', () => {
    let other: SharedTombstones;
    const inAnHour = () => Math.floor(Date.now() / 1000) + 3_600;

    beforeEach(async () => {
      await useRedis();
      other = new SharedTombstones(capturedLog().log);
      other.use(settingsOf(redis.url));
    });
    afterEach(() => other.close());

    const leave = (name: string) =>
      eventually(
        async () => {
          await other.leave('red', endedOf(name, inAnHour()));
          return redis.client.pttl(tombstonesKey('red', refOf(name).owner));
        },
        (ttl) => ttl > 3_590_000 && ttl <= 3_600_000,
      );

    it('denies their requests, with and without a quota', async () => {
      await leave('ended');
      expect(await statusOf(callOf({ requests: 100, per: 'day' }, 'ended'))).to.equal(404);
      expect(await statusOf(callOf(undefined, 'ended'))).to.equal(404);
      expect(await statusOf(callOf({ ...one, costs: [{ methods: ['*'], cost: 0 }] }, 'ended'))).to.equal(404);
      expect(await statusOf(callOf(undefined, 'alive'))).to.equal('passes');
      expect(await redis.client.keys('*bucket*')).to.deep.equal([]);
    });

    it('looks them up once a second for requests that ask nothing else', async () => {
      expect(await statusOf(callOf(undefined, 'f'))).to.equal('passes');
      const before = await commandCalls(redis.client, 'eval', 'evalsha');
      for (let n = 0; n < 5; n += 1) expect(await statusOf(callOf(undefined, 'f'))).to.equal('passes');
      expect(await statusOf(callOf(undefined))).to.equal('passes');
      expect((await commandCalls(redis.client, 'eval', 'evalsha')) - before).to.equal(0);
      await leave('f');
      await eventually(
        () => statusOf(callOf(undefined, 'f')),
        (status) => status === 404,
      );
    });
  });

  describe('leaving tombstones', () => {
    it('never rejects, and logs once that Redis fails', async () => {
      const { log, messages: said } = capturedLog('info');
      const tombstones = new SharedTombstones(log);
      const key = tombstonesKey('red', refOf('f').owner);
      await tombstones.leave('red', endedOf('f', Date.now() / 1000 + DAY_S));
      tombstones.use(settingsOf(`redis://127.0.0.1:${await freePort()}`));
      await tombstones.leave('red', endedOf('f', Date.now() / 1000 + DAY_S));
      await tombstones.leave('red', endedOf('f', Date.now() / 1000 + DAY_S));
      tombstones.use(settingsOf(redis.url));
      await eventually(async () => {
        await tombstones.leave('red', endedOf('f', Date.now() / 1000 + DAY_S));
        return redis.client.exists(key);
      }, Boolean);
      // A session that has expired.
      await tombstones.leave('red', endedOf('old', Date.now() / 1000 - 1));
      expect(await redis.client.zscore(key, hexOf('old'))).to.equal(null);
      tombstones.close();
      expect(said).to.have.length(2);
      expect(said[1]).to.include('works again');
    });
  });

  it('has a bounded number of series', () => {
    const counts = new QuotaCounts();
    for (let n = 0; n < 1_100; n += 1) counts.count(`tenant-${n}`, 'allowed');
    const lines = counts.text(false).split('\n');
    expect(lines).to.include('mcp_gateway_quota_requests_total{tenant="other tenants",outcome="allowed"} 100');
    expect(lines).to.have.lengthOf(6 + 1_001 * 4);
  });
});
