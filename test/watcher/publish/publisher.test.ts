import { join } from 'node:path';
import { expect } from 'chai';
import type { Policy } from '../../../core/policy/policy.ts';
import { backendSchema } from '../../../core/registry/backend.ts';
import type { Endpoint } from '../../../core/registry/endpoint.ts';
import { type Fleet, planFleet } from '../../../core/registry/fleet.ts';
import { EndedSessions } from '../../../core/session/ended-sessions.ts';
import { DiscoveryServer } from '../../../envoy/ads/server.ts';
import { PolicyClient } from '../../../runtime/policy/client.ts';
import { PolicyService } from '../../../watcher/publish/policy-service.ts';
import { Publisher } from '../../../watcher/publish/publisher.ts';
import { SecretFiles } from '../../../watcher/secrets/secret-files.ts';
import { EnvoyClient } from '../../envoy/ads/envoy-client.ts';
import { capturedLog } from '../../ext-authz/captured-log.ts';
import { policyOf } from '../../ext-authz/policy.ts';
import { eventually } from '../../fixtures/replica-server/waiting.ts';
import { installFile, installPair, PAIR_FILES } from '../../fixtures/tls/files.ts';
import { serveAnywhere } from '../../runtime/grpc/socket.ts';
import { emptyFolder } from '../../runtime/processes/folder.ts';

const { settings } = policyOf('https://i.example', []);
const backend = (name: string, more = {}) => backendSchema.parse({ name, command: ['server'], drain: '0s', ...more });
const endpoint = (id: string): Endpoint => ({
  id,
  address: '127.0.0.1:9000',
  incarnation: '',
  hostname: '',
  draining: false,
});

function fleetOf(...backends: ReturnType<typeof backend>[]): Fleet {
  return planFleet(
    new Map(),
    new Map(backends.map((one) => [one.name, one])),
    ({ name }) => [endpoint(`${name}-0`)],
    0,
  );
}

describe('watcher/publish/publisher', () => {
  let publisher: Publisher;
  let envoy: EnvoyClient;
  let policies: PolicyClient;
  let secrets: SecretFiles;
  let folder: string;
  let socket: string;
  /** Events at Envoy and at a service, in order. */
  let events: string[];
  const stops: (() => unknown)[] = [];

  beforeEach(async () => {
    const { log } = capturedLog();
    const discovery = new DiscoveryServer({ log, onRejected: (name, reason) => publisher.reject(name, reason) });
    const policy = new PolicyService({ ended: new EndedSessions(), onEnded: () => {} });
    folder = emptyFolder();
    secrets = new SecretFiles({ folder, log, onChange: () => undefined });
    publisher = new Publisher({ discovery, policy, systemCaFile: '/ca.pem', folder });
    const server = await serveAnywhere((grpc) => {
      discovery.addTo(grpc);
      policy.addTo(grpc);
    });
    socket = server.socket;
    envoy = new EnvoyClient(socket);
    events = envoy.events;
    const names = (policy: Policy | undefined) => [...(policy?.backends.keys() ?? [])];
    policies = new PolicyClient({
      socket,
      subscriber: 'test',
      log,
      onPolicy: (after, before) => {
        for (const name of names(after)) if (!before?.backends.has(name)) events.push(`+policy ${name}`);
        for (const name of names(before)) if (!after.backends.has(name)) events.push(`-policy ${name}`);
      },
    });
    // Both are connected once they have the first snapshot.
    await publish(new Map());
    await envoy.until(() => envoy.responses === 1);
    stops.push(
      () => secrets.keepOnly([]),
      () => envoy.close(),
      () => policies.close(),
      () => server.stop(0),
    );
  });

  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop();
  });

  const publish = (fleet: Fleet) => publisher.publish({ settings, fleet, secrets });

  it('publishes clusters and endpoints before the policy', async () => {
    await publish(fleetOf(backend('a')));
    expect(events).to.deep.equal(['+cds backend/a', '+eds backend/a', '+policy a']);
  });

  it('publishes the policy only after Envoy has answered', async () => {
    envoy.mute = true;
    const published = publish(fleetOf(backend('a')));
    await envoy.until(() => events.includes('+cds backend/a'));
    expect(policies.current?.backends.has('a')).to.equal(false);
    envoy.speak();
    await published;
    expect(policies.current?.backends.has('a')).to.equal(true);
  });

  it('removes a cluster only after the policy', async () => {
    await publish(fleetOf(backend('a'), backend('b')));
    events.length = 0;
    await publish(fleetOf(backend('b')));
    await envoy.until(() => events.includes('-cds backend/a'));
    expect(events.indexOf('-policy a')).to.be.lessThan(events.indexOf('-cds backend/a'));
    expect(events[0]).to.equal('-policy a');
  });

  it('replaces one backend with another without a gap', async () => {
    await publish(fleetOf(backend('a')));
    events.length = 0;
    await publish(fleetOf(backend('b')));
    await envoy.until(() => events.includes('-cds backend/a'));
    expect(events.slice(0, 4)).to.deep.equal(['+cds backend/b', '+eds backend/b', '+policy b', '-policy a']);
  });

  it('sends nothing twice, and only the backend that changed', async () => {
    const [a, b] = [backend('a'), backend('b')];
    await publish(fleetOf(a, b));
    const { responses } = envoy;
    await publish(fleetOf(a, b));
    expect(envoy.responses).to.equal(responses);
    events.length = 0;
    await publish(fleetOf(a, backend('b', { affinity: 'none' })));
    expect(events).to.deep.equal(['+cds backend/b', '+eds backend/b']);
  });

  it('skips snapshots that are no longer the newest', async () => {
    envoy.mute = true;
    const all = [fleetOf(backend('a')), fleetOf(backend('b')), fleetOf(backend('c'))].map((fleet) => publish(fleet));
    await envoy.until(() => events.includes('+cds backend/a'));
    envoy.speak();
    await Promise.all(all);
    expect(events.some((event) => event.endsWith('b'))).to.equal(false);
    expect([...(policies.current?.backends.keys() ?? [])]).to.deep.equal(['c']);
  });

  it('leaves a backend that Envoy rejected out of the policy until it is fixed', async () => {
    envoy.rejects.add('backend/bad');
    await publish(fleetOf(backend('a'), backend('bad')));
    expect([...(policies.current?.backends.keys() ?? [])]).to.deep.equal(['a']);
    expect(publisher.rejectionOf('bad')).to.match(/not wanted/);
    expect(publisher.rejectionOf('a')).to.equal(undefined);
    envoy.rejects.clear();
    await publish(fleetOf(backend('a'), backend('bad', { affinity: 'none' })));
    expect([...(policies.current?.backends.keys() ?? [])]).to.deep.equal(['a', 'bad']);
    expect(publisher.rejectionOf('bad')).to.equal(undefined);
  });

  it('keeps the last good version of a backend whose change Envoy rejected, with the current endpoints', async () => {
    await publish(fleetOf(backend('a', { path: '/old' })));
    envoy.rejects.add('backend/a');
    const changed = backend('a', { path: '/new', affinity: 'none' });
    await publish(new Map([['a', { backend: changed, endpoints: [endpoint('a-7')], drainUntilMs: undefined }]]));
    const after = policies.current?.backends.get('a');
    expect([after?.path, after?.affinity, after?.endpoints.map(({ id }) => id)]).to.deep.equal([
      '/old',
      'session',
      ['a-7'],
    ]);
  });

  it('publishes a draining backend as draining', async () => {
    await publish(new Map([['a', { backend: backend('a'), endpoints: [], drainUntilMs: 5 }]]));
    expect(policies.current?.backends.get('a')?.draining).to.equal(true);
  });

  describe('a backend with a client certificate', () => {
    const mutual = backend('mutual', { command: undefined, url: 'https://a.example', clientCertificate: PAIR_FILES });
    const publishMutual = () => publish(fleetOf(mutual));
    const untilRead = async (name: 'client-one' | 'client-two') => {
      const before = secrets.certificateOf(mutual);
      installPair(folder, name);
      await eventually(
        () => secrets.certificateOf(mutual),
        (pair) => pair !== before,
      );
    };

    it('is published with it, and again when it changes', async () => {
      secrets.keepOnly([mutual]);
      await untilRead('client-one');
      await publishMutual();
      expect(events).to.deep.equal(['+cds backend/mutual', '+eds backend/mutual', '+policy mutual']);
      events.length = 0;
      await publishMutual();
      expect(events).to.deep.equal([]);
      await untilRead('client-two');
      await publishMutual();
      expect(events).to.deep.equal(['+cds backend/mutual', '+eds backend/mutual']);
    });

    it('is not published to Envoy without one, and its credential is missing', async () => {
      secrets.keepOnly([mutual]);
      await publishMutual();
      expect(events).to.deep.equal(['+policy mutual']);
      expect(policies.current?.backends.get('mutual')?.credential).to.equal('missing');
      await untilRead('client-one');
      await publishMutual();
      expect(events.slice(1)).to.deep.equal(['+cds backend/mutual', '+eds backend/mutual']);
      expect(policies.current?.backends.get('mutual')?.credential).to.equal(undefined);
    });

    it('keeps the last good one', async () => {
      secrets.keepOnly([mutual]);
      await untilRead('client-one');
      await publishMutual();
      const pair = secrets.certificateOf(mutual);
      installFile('client-two.pem', join(folder, PAIR_FILES.certFile));
      const notes = await eventually(
        () => secrets.notesOf(mutual),
        ({ length }) => length > 0,
      );
      expect(notes.join()).to.contain('clientCertificate.keyFile: key.pem ');
      expect(secrets.certificateOf(mutual)).to.equal(pair);
    });
  });
});
