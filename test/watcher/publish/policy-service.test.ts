import { setImmediate } from 'node:timers/promises';
import { expect } from 'chai';
import type { Policy } from '../../../core/policy/policy.ts';
import { type EndedSession, packEnded, wordsOfEnded } from '../../../core/session/ended-record.ts';
import { EndedSessions } from '../../../core/session/ended-sessions.ts';
import type { PolicyServiceClient } from '../../../protos/gen/mcp_gateway/v1/PolicyService.ts';
import type { PolicyUpdate__Output } from '../../../protos/gen/mcp_gateway/v1/PolicyUpdate.ts';
import type { StatusServiceClient } from '../../../protos/gen/mcp_gateway/v1/StatusService.ts';
import type { SubscribeRequest } from '../../../protos/gen/mcp_gateway/v1/SubscribeRequest.ts';
import { policyClient, statusClient } from '../../../protos/load.ts';
import { sessionToProto } from '../../../runtime/policy/convert-session.ts';
import { StatusService } from '../../../watcher/health/status-service.ts';
import { PolicyService } from '../../../watcher/publish/policy-service.ts';
import { endedOf } from '../../core/session/arbitrary.ts';
import { policyBackend, policyOf } from '../../ext-authz/policy.ts';
import { clientOn, serveAnywhere } from '../../runtime/grpc/socket.ts';
import { Messages } from '../../runtime/grpc/stream.ts';

const ISSUER = 'https://i.example';
const { settings } = policyOf(ISSUER, []);
const FAR = Math.floor(Date.now() / 1000) + 3600;
const BEFORE = endedOf('before', FAR);
const SESSION = endedOf('f', FAR);

/** A subscriber that acknowledges only when the test does it. */
class Subscriber extends Messages<SubscribeRequest, PolicyUpdate__Output> {
  /** What came before the snapshot. */
  readonly before: Buffer[] = [];

  constructor(client: PolicyServiceClient) {
    super(client.Subscribe());
    this.ack(0);
  }

  /** The snapshot, after the ended sessions. */
  async snapshot(): Promise<PolicyUpdate__Output> {
    for (;;) {
      const update = await this.next();
      if (update.snapshot) return update;
      expect(Object.keys(update)).to.have.members(['endedSessions', 'backends', 'removedBackends']);
      this.before.push(update.endedSessions ?? Buffer.alloc(0));
    }
  }

  ack(appliedVersion: number | undefined): void {
    this.stream.write({ subscriber: 'test', appliedVersion: appliedVersion ?? 0 });
  }
}

const hex = (n: number) => (n + 1).toString(16).padStart(32, '0');

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
  let ended: EndedSessions;
  let client: PolicyServiceClient;
  let barrier: StatusServiceClient;
  let remembered: EndedSession[];
  const stops: (() => unknown)[] = [];

  beforeEach(async () => {
    remembered = [];
    ended = new EndedSessions();
    ended.add(wordsOfEnded(BEFORE), 0);
    service = new PolicyService({ ended, onEnded: (session) => remembered.push(session) });
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
    subscriber.ack((await subscriber.snapshot()).version);
    return subscriber;
  }

  it('sends the whole policy first', async () => {
    await service.publish(settings, backends(policyBackend('a'), policyBackend('b')));
    const subscriber = subscribe();
    const first = await subscriber.snapshot();
    expect(first.backends?.map(({ name }) => name)).to.deep.equal(['a', 'b']);
    expect(first.settings?.publicUrl).to.equal(settings.publicUrl);
    expect(subscriber.before).to.deep.equal([packEnded(BEFORE)]);
  });

  it('sends the whole policy to an early subscriber once there is one', async () => {
    const subscriber = subscribe();
    const published = service.publish(settings, backends(policyBackend('a')));
    subscriber.ack((await subscriber.snapshot()).version);
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
    const done = new Promise((resolve) => client.EndSession(sessionToProto(SESSION), resolve));
    const updates = await Promise.all([one.next(), other.next()]);
    expect(updates.map(({ endedSessions }) => endedSessions)).to.deep.equal([packEnded(SESSION), packEnded(SESSION)]);
    expect(remembered).to.deep.equal([SESSION]);
    one.ack(updates[0]?.version);
    expect(await isDone(done, barrier)).to.equal(false);
    other.ack(updates[1]?.version);
    expect(await done).to.equal(null);
    const late = await subscribed();
    expect(late.before).to.deep.equal([Buffer.concat([packEnded(BEFORE), packEnded(SESSION)])]);
  });

  it('does not wait for a subscriber that disconnects', async () => {
    await service.publish(settings, backends());
    const subscriber = await subscribed();
    const done = service.endSession(SESSION);
    await subscriber.next();
    subscriber.stream.cancel();
    await done;
  });

  it('does not wait forever for a subscriber that does not acknowledge', async () => {
    await service.publish(settings, backends());
    await subscribed();
    await service.endSession(SESSION);
  });

  it('sends no sessions that have expired', async () => {
    await service.publish(settings, backends());
    await service.endSession(endedOf('over', 1));
    expect((await subscribed()).before).to.deep.equal([packEnded(BEFORE)]);
  });

  it('sends the snapshot last, and in the meantime each session that is ended', async () => {
    // More than one stream takes at once, so that the service has to wait for it.
    const [many, started] = [300_000, Math.floor(Date.now() / 1000)];
    for (let n = 0; n < many; n += 1) {
      ended.add(wordsOfEnded(endedOf('many', FAR, { fingerprint: hex(n), owner: hex(n >> 6) })), started);
    }
    await service.publish(settings, backends(policyBackend('a')));
    const subscriber = subscribe();
    const first = await subscriber.next();
    subscriber.before.push(first.endedSessions ?? Buffer.alloc(0));
    const done = service.endSession(SESSION);
    const changed = service.publish(settings, backends(policyBackend('b')));
    const snapshot = await subscriber.snapshot();
    subscriber.ack(snapshot.version);
    await Promise.all([done, changed]);
    expect(snapshot.backends?.map(({ name }) => name)).to.deep.equal(['b']);
    const received = new EndedSessions();
    for (const records of subscriber.before) received.addPacked(records, started);
    expect(
      subscriber.before.some((records) => records.equals(packEnded(SESSION))),
      'it came with the others',
    ).to.equal(true);
    expect(received.size).to.equal(many + 2);
    expect(subscriber.unread).to.equal(0);
  }).timeout(60_000);
});
