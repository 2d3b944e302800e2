import { expect } from 'chai';
import type { Policy } from '../../../core/policy/policy.ts';
import { EndedSessions } from '../../../core/session/ended-sessions.ts';
import { Changes } from '../../../runtime/changes.ts';
import { serveUnix } from '../../../runtime/grpc/server.ts';
import { PolicyClient } from '../../../runtime/policy/client.ts';
import { PolicyService } from '../../../watcher/publish/policy-service.ts';
import { endedOf, refOf } from '../../core/session/arbitrary.ts';
import { capturedLog } from '../../ext-authz/captured-log.ts';
import { policyBackend, policyOf } from '../../ext-authz/policy.ts';
import { freeSocket } from '../grpc/socket.ts';

const { settings } = policyOf('https://i.example', []);
const FAR = Math.floor(Date.now() / 1000) + 3600;
const PATIENCE_MS = 8_000;

describe('runtime/policy/client', () => {
  let socket: string;
  let client: PolicyClient;
  let changes: Changes;
  let messages: string[];
  let seen: Policy[];
  const stops: (() => unknown)[] = [];

  async function startService() {
    const service = new PolicyService({ ended: new EndedSessions(), onEnded: () => {} });
    const server = await serveUnix(socket, (grpc) => service.addTo(grpc));
    stops.push(() => server.stop(0));
    return { service, server };
  }

  beforeEach(() => {
    socket = freeSocket();
    changes = new Changes();
    const captured = capturedLog();
    messages = captured.messages;
    seen = [];
    const onPolicy = (policy: Policy) => {
      seen.push(policy);
      changes.wake();
    };
    client = new PolicyClient({ socket, subscriber: 'test', log: captured.log, onPolicy });
    stops.push(() => client.close());
  });

  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop();
  });

  const names = () => [...(client.current?.backends.keys() ?? [])].join();
  async function until(condition: () => boolean) {
    expect(await changes.until(condition, PATIENCE_MS), `${names()} ${messages.join()}`).to.equal(true);
  }

  it('connects to a watcher that starts later, and logs nothing', async () => {
    expect(client.current).to.equal(undefined);
    const { service } = await startService();
    await service.publish(settings, new Map([['a', policyBackend('a')]]));
    await until(() => names() === 'a');
    expect(client.current?.settings).to.deep.equal(settings);
    expect(messages).to.deep.equal([]);
  });

  it('acknowledges a change only once it is in force', async () => {
    const { service } = await startService();
    await service.publish(settings, new Map());
    await until(() => client.current !== undefined);
    await service.publish(settings, new Map([['a', policyBackend('a')]]));
    expect(names()).to.equal('a');
    await service.publish(settings, new Map());
    expect(names()).to.equal('');
    const before = client.current;
    const policies = seen.length;
    await client.endSession(endedOf('f', FAR));
    expect(client.current?.endedSessions.has(refOf('f'))).to.equal(true);
    expect(client.current?.endedSessions.has(refOf('g'))).to.equal(false);
    expect(client.current, 'a policy of its own').to.equal(before);
    expect(seen).to.have.lengthOf(policies);
  });

  it('has no ended sessions if it needs none', async () => {
    const { service } = await startService();
    await service.endSession(endedOf('f', FAR));
    await service.publish(settings, new Map());
    const { log } = capturedLog();
    const without = new PolicyClient({
      socket,
      subscriber: 'test',
      log,
      endedSessions: false,
      onPolicy: () => changes.wake(),
    });
    stops.push(() => without.close());
    await until(() => client.current !== undefined && without.current !== undefined);
    await client.endSession(endedOf('g', FAR));
    await service.publish(settings, new Map([['a', policyBackend('a')]]));
    for (const [of, has] of [
      [client, true],
      [without, false],
    ] as const) {
      expect(of.current?.backends.size).to.equal(1);
      expect(['f', 'g'].map((name) => of.current?.endedSessions.has(refOf(name)))).to.deep.equal([has, has]);
    }
  });

  it('keeps the last policy without a watcher, then gets the new one and keeps every ended session', async () => {
    const { service, server } = await startService();
    await service.publish(settings, new Map([['a', policyBackend('a')]]));
    await until(() => names() === 'a');
    await client.endSession(endedOf('f', FAR));
    await server.stop(0);
    let failed = false;
    await client.endSession(endedOf('g', FAR)).catch(() => {
      failed = true;
    });
    expect(failed).to.equal(true);
    expect(names()).to.equal('a');
    const { service: next } = await startService();
    await next.publish(settings, new Map([['b', policyBackend('b')]]));
    await until(() => names() === 'b');
    expect(['f', 'g'].map((name) => client.current?.endedSessions.has(refOf(name)))).to.deep.equal([true, false]);
    expect(messages).to.deep.equal([
      'lost the connection to the watcher; keeping its last policy',
      'connected to the watcher again',
    ]);
  }).timeout(20_000);
});
