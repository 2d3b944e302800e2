import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KubeConfig } from '@kubernetes/client-node';
import { expect } from 'chai';
import { KubeClient } from '../../../k8s/api/client.ts';
import type { BackendStatus } from '../../../k8s/mcpbackend/object.ts';
import { EventRecorder } from '../../../k8s/operator/events.ts';
import { statusOf, transitionEvents } from '../../../k8s/operator/status.ts';
import { Writer } from '../../../k8s/operator/writer.ts';
import { createLogger } from '../../../runtime/log.ts';

const OBJECT = { namespace: 'mcp', name: 'a', uid: 'u' };
const log = createLogger({ name: 'test', level: 'silent' });

describe('k8s/operator/events', () => {
  let server: Server;
  let client: KubeClient;
  let notes: string[];
  let nowMs: number;

  beforeEach(async () => {
    notes = [];
    nowMs = 0;
    server = createServer(async (request, response) => {
      const chunks = await request.toArray();
      notes.push(JSON.parse(Buffer.concat(chunks).toString()).note);
      response.end('{}');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const config = new KubeConfig();
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    config.loadFromClusterAndUser({ name: 't', server: url, skipTLSVerify: true }, { name: 't' });
    client = new KubeClient(config);
  });

  afterEach(() => {
    client.close();
    server.close();
  });

  const recorder = (holds = () => true) => {
    const writer = new Writer(client, { signal: new AbortController().signal, holds });
    const kind = { apiVersion: 'v1', kind: 'X' };
    const events = new EventRecorder({ writer, identity: 'i', kind, log, nowMs: () => nowMs });
    const record = (note: string, uid = 'u') =>
      events.record({ ...OBJECT, uid }, { type: 'Normal', reason: 'R', note });
    return { record, settled: () => writer.settled() };
  };

  it('writes at most ten events of one object in a burst, then one every 30 s', async () => {
    const { record, settled } = recorder();
    for (let count = 0; count < 15; count++) record(`${count}`);
    await settled();
    expect(notes).to.have.length(10);
    record('other object', 'v');
    nowMs = 30_000;
    record('late');
    record('too many');
    await settled();
    expect(notes.slice(10).sort()).to.deep.equal(['late', 'other object']);
  });

  it('writes the same event at most once in ten minutes', async () => {
    const { record, settled } = recorder();
    record('same');
    record('same');
    nowMs = 599_999;
    record('same');
    await settled();
    expect(notes).to.deep.equal(['same']);
    nowMs = 600_000;
    record('same');
    await settled();
    expect(notes).to.deep.equal(['same', 'same']);
  });

  it('cuts a long note between characters', async () => {
    const { record, settled } = recorder();
    record('ä'.repeat(999));
    await settled();
    expect(notes).to.deep.equal([`${'ä'.repeat(500)} …`]);
  });

  it('writes nothing if the process does not lead', async () => {
    const { record, settled } = recorder(() => false);
    record('x');
    await settled();
    expect(notes).to.deep.equal([]);
  });
});

describe('k8s/operator/status', () => {
  it('cuts a long message between characters, so that the API server stores exactly what was written', () => {
    const message = `${'x'.repeat(7_999)}😀${'x'.repeat(100)}`;
    const state = { status: 'False', reason: 'Invalid', message } as const;
    const object = {
      ...{ ...OBJECT, resourceVersion: '1', generation: 1, deleting: false, status: { conditions: [] } },
      backend: { ok: false as const, problems: [] },
    };
    const parts = { accepted: state, serving: undefined, tenants: state, publicUrl: undefined, now: new Date() };
    const [accepted] = statusOf(object, parts).conditions;
    expect(accepted?.message).to.have.lengthOf(8_002);
    expect(accepted?.message.isWellFormed()).to.equal(true);
  });
});

describe('k8s/operator/status writes an event for', () => {
  const at = (type: string, status: 'True' | 'False' | 'Unknown', reason: string, message = '') => ({
    conditions: [{ type, status, reason, message, lastTransitionTime: '' }],
  });
  const cases: [what: string, before: BackendStatus, after: BackendStatus, wanted: string[]][] = [
    ['a spec that is not accepted', { conditions: [] }, at('Accepted', 'False', 'NameTaken'), ['Warning NameTaken']],
    [
      'another reason for that',
      at('Accepted', 'False', 'Invalid', 'a'),
      at('Accepted', 'False', 'Invalid', 'b'),
      ['Warning Invalid'],
    ],
    [
      'the same reason again: none',
      at('Accepted', 'False', 'Invalid', 'a'),
      at('Accepted', 'False', 'Invalid', 'a'),
      [],
    ],
    ['a new problem', at('Ready', 'False', 'Starting'), at('Ready', 'False', 'CrashLoop'), ['Warning CrashLoop']],
    [
      'the same problem with another message: none',
      at('Ready', 'False', 'CrashLoop', '1'),
      at('Ready', 'False', 'CrashLoop', '2'),
      [],
    ],
    ['readiness', at('Ready', 'False', 'Starting'), at('Ready', 'True', 'ReplicasReady'), ['Normal ReplicasReady']],
    ['a rollout: none', at('Ready', 'True', 'ReplicasReady'), at('Ready', 'False', 'RollingOut'), []],
    ['tenants: none', { conditions: [] }, at('TenantsValid', 'False', 'InvalidTenants'), []],
  ];
  for (const [what, before, after, wanted] of cases) {
    it(what, () =>
      expect(transitionEvents(before, after).map(({ type, reason }) => `${type} ${reason}`)).to.deep.equal(wanted),
    );
  }
});
