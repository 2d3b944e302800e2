import { setImmediate } from 'node:timers/promises';
import { expect } from 'chai';
import type { Policy } from '../../../core/policy/policy.ts';
import { quotaSchema } from '../../../core/quota/quota.ts';
import type { PolicyServiceClient } from '../../../protos/gen/mcp_gateway/v1/PolicyService.ts';
import type { PolicyUpdate__Output } from '../../../protos/gen/mcp_gateway/v1/PolicyUpdate.ts';
import type { SubscribeRequest } from '../../../protos/gen/mcp_gateway/v1/SubscribeRequest.ts';
import { policyClient } from '../../../protos/load.ts';
import { askQuota } from '../../../runtime/policy/quota.ts';
import { askStatus } from '../../../runtime/policy/status.ts';
import { PolicyHub } from '../../../watcher/publish/policy-service.ts';
import { policyBackend, policyOf } from '../../ext-authz/policy.ts';
import { clientOn, serveAnywhere } from '../../runtime/grpc/socket.ts';
import { Messages } from '../../runtime/grpc/stream.ts';

const ISSUER = 'https://i.example';
const { settings } = policyOf(ISSUER, []);
const FAR = Math.floor(Date.now() / 1000) + 3600;

/** A subscriber that acknowledges only when it is told to. */
class Subscriber extends Messages<SubscribeRequest, PolicyUpdate__Output> {
  constructor(client: PolicyServiceClient) {
    super(client.Subscribe());
    this.ack(0);
  }

  ack(appliedVersion: number | undefined): void {
    this.stream.write({ subscriber: 'test', appliedVersion: appliedVersion ?? 0 });
  }
}

/** Whether a promise is fulfilled after everything that is on the way has arrived. */
async function isDone(promise: Promise<unknown>, client: PolicyServiceClient): Promise<boolean> {
  let done = false;
  void promise.then(() => {
    done = true;
  });
  await new Promise((resolve) => client.GetStatus({}, resolve));
  await setImmediate();
  return done;
}

describe('watcher/publish/policy-service', () => {
  let hub: PolicyHub;
  let socket: string;
  let client: PolicyServiceClient;
  let remembered: [string, number][];
  const stops: (() => unknown)[] = [];

  beforeEach(async () => {
    remembered = [];
    hub = new PolicyHub({
      status: () => ({ envoyConnected: true, problems: ['p'] }),
      endedSessions: new Map([['before', FAR]]),
      onEnded: (...entry) => remembered.push(entry),
    });
    const server = await serveAnywhere((grpc) => hub.addTo(grpc));
    socket = server.socket;
    client = clientOn(socket, policyClient());
    stops.push(
      () => client.close(),
      () => server.stop(0),
    );
  });

  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop();
  });

  function subscribe(): Subscriber {
    const subscriber = new Subscriber(client);
    stops.unshift(() => subscriber.stream.cancel());
    return subscriber;
  }

  const backends = (...all: ReturnType<typeof policyBackend>[]): Policy['backends'] =>
    new Map(all.map((one) => [one.name, one]));

  /** A subscriber that has the whole policy. */
  async function subscribed(): Promise<Subscriber> {
    const subscriber = subscribe();
    subscriber.ack((await subscriber.next()).version);
    return subscriber;
  }

  it('greets a subscriber with everything', async () => {
    await hub.publish(settings, backends(policyBackend('a'), policyBackend('b')));
    const greeting = await subscribe().next();
    expect(greeting.snapshot).to.equal(true);
    expect(greeting.backends?.map(({ name }) => name)).to.deep.equal(['a', 'b']);
    expect(greeting.settings?.publicUrl).to.equal(settings.publicUrl);
    expect(greeting.endedSessions).to.deep.equal([{ fingerprint: 'before', forgetAtSeconds: FAR }]);
  });

  it('greets one that came before there was a policy as soon as there is one', async () => {
    const subscriber = subscribe();
    const published = hub.publish(settings, backends(policyBackend('a')));
    const greeting = await subscriber.next();
    expect(greeting.snapshot).to.equal(true);
    subscriber.ack(greeting.version);
    await published;
  });

  it('tells the quota that is in force, and that of nobody else', async () => {
    await hub.publish(settings, backends(policyBackend('a')));
    const subscriber = await subscribed();
    const quota = quotaSchema.parse({
      requests: 5,
      per: 'hour',
      topUps: [{ requests: 1, until: '2030-01-01T00:00:00Z' }],
    });
    const tenants = settings.tenants.map((tenant) => ({ ...tenant, quota: tenant.name === 'red' ? quota : undefined }));
    const published = hub.publish({ ...settings, tenants }, backends(policyBackend('a')));
    const update = await subscriber.next();
    expect((await askQuota(socket, 'red', 5)).quota).to.equal(undefined);
    subscriber.ack(update.version);
    await published;
    const state = await askQuota(socket, 'red', 5);
    expect(state).to.deep.include({ quota, tenants: ['red', 'blue'], backends: ['a'], redis: false, processes: 1 });
    expect((await askQuota(socket, 'blue', 5)).quota).to.equal(undefined);
  });

  it('sends only what changed, and waits until it is in force', async () => {
    await hub.publish(settings, backends(policyBackend('a'), policyBackend('b')));
    const subscriber = await subscribed();
    const published = hub.publish(settings, backends(policyBackend('b', { path: '/x' }), policyBackend('c')));
    const update = await subscriber.next();
    expect([update.snapshot ?? false, update.settings ?? undefined]).to.deep.equal([false, undefined]);
    expect(update.backends?.map(({ name }) => name)).to.deep.equal(['b', 'c']);
    expect(update.removedBackends).to.deep.equal(['a']);
    expect(await isDone(published, client)).to.equal(false);
    subscriber.ack(update.version);
    await published;
  });

  it('sends nothing where nothing changed', async () => {
    await hub.publish(settings, backends(policyBackend('a')));
    const subscriber = await subscribed();
    await hub.publish({ ...settings }, backends(policyBackend('a')));
    const published = hub.publish({ ...settings, publicUrl: 'http://other' }, backends(policyBackend('a')));
    const update = await subscriber.next();
    expect(update.settings?.publicUrl).to.equal('http://other');
    expect(update.backends).to.deep.equal([]);
    subscriber.ack(update.version);
    await published;
  });

  it('ends a session only when all subscribers refuse it', async () => {
    await hub.publish(settings, backends());
    const [one, other] = [await subscribed(), await subscribed()];
    const ended = new Promise((resolve) =>
      client.EndSession({ session: { fingerprint: 'f', forgetAtSeconds: FAR } }, resolve),
    );
    const updates = await Promise.all([one.next(), other.next()]);
    expect(updates.map(({ endedSessions }) => endedSessions)).to.deep.equal([
      [{ fingerprint: 'f', forgetAtSeconds: FAR }],
      [{ fingerprint: 'f', forgetAtSeconds: FAR }],
    ]);
    expect(remembered).to.deep.equal([['f', FAR]]);
    one.ack(updates[0]?.version);
    expect(await isDone(ended, client)).to.equal(false);
    other.ack(updates[1]?.version);
    expect(await ended).to.equal(null);
    const late = await subscribe().next();
    expect(late.endedSessions?.map(({ fingerprint }) => fingerprint)).to.deep.equal(['before', 'f']);
  });

  it('does not wait for a subscriber that left', async () => {
    await hub.publish(settings, backends());
    const subscriber = await subscribed();
    const ended = hub.endSession('f', FAR);
    await subscriber.next();
    subscriber.stream.cancel();
    await ended;
  });

  it('does not wait for ever for one that does not answer', async () => {
    await hub.publish(settings, backends());
    await subscribed();
    await hub.endSession('f', FAR);
  });

  it('forgets ended sessions in time', async () => {
    await hub.publish(settings, backends());
    await hub.endSession('over', 1);
    await hub.endSession('f', FAR);
    const greeting = await subscribe().next();
    expect(greeting.endedSessions?.map(({ fingerprint }) => fingerprint)).to.deep.equal(['before', 'f']);
  });

  it('passes the status on', async () => {
    expect(await askStatus(socket)).to.deep.include({ envoyConnected: true, problems: ['p'] });
  });
});
