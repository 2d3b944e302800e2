import { expect } from 'chai';
import { quotaSchema } from '../../core/quota/quota.ts';
import { type QuotaPolicy, UsageService } from '../../ledger/usage-service.ts';
import { askQuota } from '../../runtime/policy/quota.ts';
import { UsageClient } from '../../runtime/policy/usage-client.ts';
import { policyBackend, policyOf } from '../ext-authz/policy.ts';
import { serveAnywhere } from '../runtime/grpc/socket.ts';

const { settings } = policyOf('https://i.example', []);

describe('ledger/usage-service', () => {
  let policy: QuotaPolicy | undefined;
  let socket: string;
  let reports: UsageClient;
  const stops: (() => unknown)[] = [];

  beforeEach(async () => {
    policy = undefined;
    const server = await serveAnywhere((grpc) => new UsageService(() => policy).addTo(grpc));
    socket = server.socket;
    reports = new UsageClient(socket);
    stops.push(
      () => reports.close(),
      () => server.stop(0),
    );
  });
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop();
  });

  it('returns the quota of a tenant that is in force, and no other', async () => {
    const quota = quotaSchema.parse({
      requests: 5,
      per: 'hour',
      topUps: [{ requests: 1, until: '2030-01-01T00:00:00Z' }],
    });
    expect(await askQuota(socket, 'red', 5)).to.deep.include({ quota: undefined, tenants: [], backends: [] });
    const tenants = settings.tenants.map((tenant) => ({ ...tenant, quota: tenant.name === 'red' ? quota : undefined }));
    policy = { settings: { ...settings, tenants }, backends: new Map([['a', policyBackend('a')]]) };
    const state = await askQuota(socket, 'red', 5);
    expect(state).to.deep.include({ quota, tenants: ['red', 'blue'], backends: ['a'], redis: false, processes: 1 });
    expect((await askQuota(socket, 'blue', 5)).quota).to.equal(undefined);
  });

  it('adds up what processes report, each report once', async () => {
    const count = { requests: 1, cost: 2, denied: 3, wouldDeny: 1 };
    const windowMs = Math.floor(Date.now() / 300_000) * 300_000;
    const row = (kind: string, name: string) => ({ tenant: 'red', kind, name, windowMs, count });
    const report = (process: string) => ({
      ...{ process, incarnation: 'i', sequence: 1, buckets: [] },
      rows: [row('all', ''), row('users', 'ann')],
    });
    const receipts = [await reports.report(report('one')), await reports.report(report('one'))];
    await reports.report(report('two'));
    expect(new Set(receipts.map(({ incarnation }) => incarnation))).to.have.property('size', 1);
    const { lastHour } = await askQuota(socket, 'red', 5);
    const sum = { requests: 2, cost: 4, refused: 6, wouldRefuse: 2 };
    expect(lastHour.all).to.deep.equal(sum);
    expect(lastHour.users).to.deep.equal([{ name: 'ann', count: sum }]);
  });
});
