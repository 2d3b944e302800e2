import { setImmediate } from 'node:timers/promises';
import { expect } from 'chai';
import type { Policy } from '../../../core/policy/policy.ts';
import type { PolicyServiceClient } from '../../../protos/gen/mcp_gateway/v1/PolicyService.ts';
import type { PolicyUpdate__Output } from '../../../protos/gen/mcp_gateway/v1/PolicyUpdate.ts';
import type { StatusServiceClient } from '../../../protos/gen/mcp_gateway/v1/StatusService.ts';
import type { SubscribeRequest } from '../../../protos/gen/mcp_gateway/v1/SubscribeRequest.ts';
import { policyClient, statusClient } from '../../../protos/load.ts';
import { StatusService } from '../../../watcher/health/status-service.ts';
import { PolicyService } from '../../../watcher/publish/policy-service.ts';
import { policyBackend, policyOf } from '../../ext-authz/policy.ts';
import { clientOn, serveAnywhere } from '../../runtime/grpc/socket.ts';
import { Messages } from '../../runtime/grpc/stream.ts';

const ISSUER = 'https://i.example';
const { settings } = policyOf(ISSUER, []);
const FAR = Math.floor(Date.now() / 1000) + 3600;

/** A subscriber that acknowledges only when the test does it. */
class Subscriber extends Messages<SubscribeRequest, PolicyUpdate__Output> {
  constructor(client: PolicyServiceClient) {
    super(client.Subscribe());
    this.ack(0);
  }

  ack(appliedVersion: number | undefined): void {
    this.stream.write({ subscriber: 'test', appliedVersion: appliedVersion ?? 0 });
  }
}

/** Whether a promise is fulfilled once a call that was made later on the same connection is answered. */
async function isDone(promise: Promise<unknown>, barrier: StatusServiceClient): Promise<boolean> {
  let done = false;
  void promise.then(() => {
    done = true;
  });
  await new Promise((resolve) => barrier.GetStatus({}, resolve));
  await setImmediate();
  return done;
}

describe('watcher/publish/policy-service', () => {
  let service: PolicyService;
  let client: PolicyServiceClient;
  let barrier: StatusServiceClient;
  let remembered: [string, number][];
  const stops: (() => unknown)[] = [];

  beforeEach(async () => {
    remembered = [];
    service = new PolicyService({
      endedSessions: new Map([['before', FAR]]),
      onEnded: (...entry) => remembered.push(entry),
    });
    const server = await serveAnywhere((grpc) => {
      service.addTo(grpc);
      new StatusService(() => ({})).addTo(grpc);
    });
    client = clientOn(server.socket, policyClient());
    barrier = clientOn(server.socket, statusClient());
    stops.push(
      () => barrier.close(),
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

  it('sends the whole policy first', async () => {
    await service.publish(settings, backends(policyBackend('a'), policyBackend('b')));
    const first = await subscribe().next();
    expect(first.snapshot).to.equal(true);
    expect(first.backends?.map(({ name }) => name)).to.deep.equal(['a', 'b']);
    expect(first.settings?.publicUrl).to.equal(settings.publicUrl);
    expect(first.endedSessions).to.deep.equal([{ fingerprint: 'before', forgetAtSeconds: FAR }]);
  });

  it('sends the whole policy to an early subscriber once there is one', async () => {
    const subscriber = subscribe();
    const published = service.publish(settings, backends(policyBackend('a')));
    const first = await subscriber.next();
    expect(first.snapshot).to.equal(true);
    subscriber.ack(first.version);
    await published;
  });

  it('knows the policy that every subscriber has acknowledged', async () => {
    expect(service.inForce).to.equal(undefined);
    await service.publish(settings, backends(policyBackend('a')));
    const subscriber = await subscribed();
    const published = service.publish(settings, backends(policyBackend('b')));
    const update = await subscriber.next();
    expect([...(service.inForce?.backends.keys() ?? [])]).to.deep.equal(['a']);
    subscriber.ack(update.version);
    await published;
    expect([...(service.inForce?.backends.keys() ?? [])]).to.deep.equal(['b']);
  });

  it('sends only what changed, and waits until it is in force', async () => {
    await service.publish(settings, backends(policyBackend('a'), policyBackend('b')));
    const subscriber = await subscribed();
    const published = service.publish(settings, backends(policyBackend('b', { path: '/x' }), policyBackend('c')));
    const update = await subscriber.next();
    expect([update.snapshot ?? false, update.settings ?? undefined]).to.deep.equal([false, undefined]);
    expect(update.backends?.map(({ name }) => name)).to.deep.equal(['b', 'c']);
    expect(update.removedBackends).to.deep.equal(['a']);
    expect(await isDone(published, barrier)).to.equal(false);
    subscriber.ack(update.version);
    await published;
  });

  it('sends nothing if nothing changed', async () => {
    await service.publish(settings, backends(policyBackend('a')));
    const subscriber = await subscribed();
    await service.publish({ ...settings }, backends(policyBackend('a')));
    const published = service.publish({ ...settings, publicUrl: 'http://other' }, backends(policyBackend('a')));
    const update = await subscriber.next();
    expect(update.settings?.publicUrl).to.equal('http://other');
    expect(update.backends).to.deep.equal([]);
    subscriber.ack(update.version);
    await published;
  });

  it('has ended a session once all subscribers deny it', async () => {
    await service.publish(settings, backends());
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
    expect(await isDone(ended, barrier)).to.equal(false);
    other.ack(updates[1]?.version);
    expect(await ended).to.equal(null);
    const late = await subscribe().next();
    expect(late.endedSessions?.map(({ fingerprint }) => fingerprint)).to.deep.equal(['before', 'f']);
  });

  it('does not wait for a subscriber that disconnects', async () => {
    await service.publish(settings, backends());
    const subscriber = await subscribed();
    const ended = service.endSession('f', FAR);
    await subscriber.next();
    subscriber.stream.cancel();
    await ended;
  });

  it('does not wait forever for a subscriber that does not acknowledge', async () => {
    await service.publish(settings, backends());
    await subscribed();
    await service.endSession('f', FAR);
  });

  it('forgets ended sessions once they have expired', async () => {
    await service.publish(settings, backends());
    await service.endSession('over', 1);
    await service.endSession('f', FAR);
    const first = await subscribe().next();
    expect(first.endedSessions?.map(({ fingerprint }) => fingerprint)).to.deep.equal(['before', 'f']);
  });
});
