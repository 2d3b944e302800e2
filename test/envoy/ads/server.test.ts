import { setImmediate } from 'node:timers/promises';
import { expect } from 'chai';
import { DiscoveryServer } from '../../../envoy/ads/server.ts';
import { capturedLog } from '../../ext-authz/captured-log.ts';
import { serveAnywhere } from '../../runtime/grpc/socket.ts';
import { EnvoyClient } from './envoy-client.ts';
import { snapshotOf } from './snapshots.ts';

const LONG_MS = 5_000;

describe('envoy/ads/server', () => {
  let discovery: DiscoveryServer;
  let socket: string;
  let rejected: string[];
  const stops: (() => unknown)[] = [];

  beforeEach(async () => {
    rejected = [];
    discovery = new DiscoveryServer({
      log: capturedLog().log,
      onRejected: (name, reason) => rejected.push(`${name}: ${reason}`),
    });
    const server = await serveAnywhere((grpc) => discovery.addTo(grpc));
    socket = server.socket;
    stops.push(() => server.stop(0));
  });

  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
  });

  function connect(before?: EnvoyClient): EnvoyClient {
    const envoy = new EnvoyClient(socket, before);
    stops.push(() => envoy.close());
    return envoy;
  }

  it('sends clusters first, then the endpoints that Envoy subscribes to', async () => {
    discovery.publish(snapshotOf({ a: '1', b: '1' }));
    const envoy = connect();
    await envoy.until(() => envoy.endpoints.size === 2);
    expect(envoy.events).to.deep.equal(['+cds a', '+cds b', '+eds a', '+eds b']);
    expect(await discovery.settled(LONG_MS)).to.equal(true);
    expect(discovery.connected).to.equal(true);
  });

  it('sends changes and removals, and repeats the endpoints of a changed cluster', async () => {
    discovery.publish(snapshotOf({ a: '1', b: '1', c: '1' }));
    const envoy = connect();
    await envoy.until(() => envoy.endpoints.size === 3);
    await discovery.settled(LONG_MS);
    envoy.events.length = 0;
    discovery.publish(snapshotOf({ a: '1', b: '2' }));
    expect(await discovery.settled(LONG_MS)).to.equal(true);
    expect(envoy.events).to.include.members(['+cds b', '-cds c', '+eds b']);
    expect(envoy.events.filter((event) => event.endsWith(' a'))).to.deep.equal([]);
    expect([...envoy.clusters.keys()]).to.deep.equal(['a', 'b']);
  });

  it('waits for an Envoy that does not answer, but not forever', async () => {
    const envoy = connect();
    discovery.publish(snapshotOf({ a: '1' }));
    await envoy.until(() => envoy.endpoints.size === 1);
    expect(await discovery.settled(LONG_MS)).to.equal(true);
    envoy.mute = true;
    discovery.publish(snapshotOf({ a: '2' }));
    expect(await discovery.settled(20)).to.equal(false);
    envoy.speak();
    expect(await discovery.settled(LONG_MS)).to.equal(true);
  });

  it('sends nothing before the first snapshot, which may be empty', async () => {
    const envoy = connect();
    while (!discovery.connected) await setImmediate();
    discovery.publish(new Map());
    await envoy.until(() => envoy.responses === 1);
    expect(envoy.events).to.deep.equal([]);
    expect(await discovery.settled(LONG_MS)).to.equal(true);
  });

  it('takes down what Envoy rejects, serves the rest, and does not wait for its endpoints', async () => {
    const envoy = connect();
    envoy.rejects.add('backend/bad');
    discovery.publish(snapshotOf({ 'backend/bad': '1', 'backend/bad-not': '1' }));
    await envoy.until(() => envoy.endpoints.size === 1);
    expect(await discovery.settled(LONG_MS)).to.equal(true);
    expect(rejected).to.deep.equal(['backend/bad: Error adding/updating cluster(s) backend/bad: not wanted']);
    expect([...envoy.endpoints.keys()]).to.deep.equal(['backend/bad-not']);
    envoy.rejects.clear();
    discovery.publish(snapshotOf({ 'backend/bad': '2', 'backend/bad-not': '1' }));
    expect(await discovery.settled(LONG_MS)).to.equal(true);
    expect(envoy.endpoints.has('backend/bad')).to.equal(true);
  });

  it('sends an Envoy that reconnects only what it lacks', async () => {
    discovery.publish(snapshotOf({ a: '1', b: '1' }));
    const first = connect();
    await first.until(() => first.endpoints.size === 2);
    await discovery.settled(LONG_MS);
    first.close();
    discovery.publish(snapshotOf({ a: '1', b: '2', c: '1' }));
    const second = connect(first);
    await second.until(() => second.endpoints.has('c'));
    expect(await discovery.settled(LONG_MS)).to.equal(true);
    expect(second.events.filter((event) => event.includes(' a'))).to.deep.equal([]);
    expect(second.events).to.include.members(['+cds b', '+cds c', '+eds b', '+eds c']);
  });

  it('serves several Envoys, and is settled once all have answered', async () => {
    const envoys = [connect(), connect()];
    discovery.publish(snapshotOf({ a: '1' }));
    await Promise.all(envoys.map((envoy) => envoy.until(() => envoy.endpoints.size === 1)));
    expect(await discovery.settled(LONG_MS)).to.equal(true);
    const [, second] = envoys;
    if (second === undefined) throw new Error('no client');
    second.mute = true;
    discovery.publish(snapshotOf({ a: '2' }));
    expect(await discovery.settled(20)).to.equal(false);
    // It does not wait for one that disconnects.
    const settled = discovery.settled(LONG_MS);
    second.close();
    expect(await settled).to.equal(true);
  });
});
