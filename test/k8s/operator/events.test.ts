import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KubeConfig } from '@kubernetes/client-node';
import { expect } from 'chai';
import { KubeClient } from '../../../k8s/api/client.ts';
import type { BackendStatus } from '../../../k8s/mcpbackend/object.ts';
import { EventRecorder } from '../../../k8s/operator/events.ts';
import { happenings, statusOf } from '../../../k8s/operator/status.ts';
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
    const tell = (note: string, uid = 'u') => events.tell({ ...OBJECT, uid }, { type: 'Normal', reason: 'R', note });
    return { tell, settled: () => writer.settled() };
  };

  it('writes ten of one object at once, and one more after each 30 s', async () => {
    const { tell, settled } = recorder();
    for (let count = 0; count < 15; count++) tell(`${count}`);
    await settled();
    expect(notes).to.have.length(10);
    tell('other object', 'v');
    nowMs = 30_000;
    tell('late');
    tell('too many');
    await settled();
    expect(notes.slice(10).sort()).to.deep.equal(['late', 'other object']);
  });

  it('writes the same event once in ten minutes', async () => {
    const { tell, settled } = recorder();
    tell('same');
    tell('same');
    nowMs = 599_999;
    tell('same');
    await settled();
    expect(notes).to.deep.equal(['same']);
    nowMs = 600_000;
    tell('same');
    await settled();
    expect(notes).to.deep.equal(['same', 'same']);
  });

  it('shortens a note, by whole characters', async () => {
    const { tell, settled } = recorder();
    tell('ä'.repeat(999));
    await settled();
    expect(notes).to.deep.equal([`${'ä'.repeat(500)} …`]);
  });

  it('writes nothing without leading', async () => {
    const { tell, settled } = recorder(() => false);
    tell('x');
    await settled();
    expect(notes).to.deep.equal([]);
  });
});

describe('k8s/operator/status', () => {
  it('cuts a long message where the API server keeps it as it is, and does not write it again', () => {
    const message = `${'x'.repeat(7_999)}😀${'x'.repeat(100)}`;
    const verdict = { status: 'False', reason: 'Invalid', message } as const;
    const object = {
      ...{ ...OBJECT, resourceVersion: '1', generation: 1, deleting: false, status: { conditions: [] } },
      backend: { ok: false as const, problems: [] },
    };
    const parts = { accepted: verdict, serving: undefined, tenants: verdict, publicUrl: undefined, now: new Date() };
    const [accepted] = statusOf(object, parts).conditions;
    expect(accepted?.message).to.have.lengthOf(8_002);
    expect(accepted?.message.isWellFormed()).to.equal(true);
  });
});

describe('k8s/operator/status happenings', () => {
  const at = (type: string, status: 'True' | 'False' | 'Unknown', reason: string, message = '') => ({
    conditions: [{ type, status, reason, message, lastTransitionTime: '' }],
  });
  const cases: [what: string, before: BackendStatus, after: BackendStatus, wanted: string[]][] = [
    ['a refusal', { conditions: [] }, at('Accepted', 'False', 'NameTaken'), ['Warning NameTaken']],
    [
      'another refusal',
      at('Accepted', 'False', 'Invalid', 'a'),
      at('Accepted', 'False', 'Invalid', 'b'),
      ['Warning Invalid'],
    ],
    ['the same refusal', at('Accepted', 'False', 'Invalid', 'a'), at('Accepted', 'False', 'Invalid', 'a'), []],
    ['a new trouble', at('Ready', 'False', 'Starting'), at('Ready', 'False', 'CrashLoop'), ['Warning CrashLoop']],
    [
      'the same trouble in other words',
      at('Ready', 'False', 'CrashLoop', '1'),
      at('Ready', 'False', 'CrashLoop', '2'),
      [],
    ],
    [
      'that all is well',
      at('Ready', 'False', 'Starting'),
      at('Ready', 'True', 'ReplicasReady'),
      ['Normal ReplicasReady'],
    ],
    ['what only takes time', at('Ready', 'True', 'ReplicasReady'), at('Ready', 'False', 'RollingOut'), []],
    ['tenants', { conditions: [] }, at('TenantsValid', 'False', 'InvalidTenants'), []],
  ];
  for (const [what, before, after, wanted] of cases) {
    it(what, () =>
      expect(happenings(before, after).map(({ type, reason }) => `${type} ${reason}`)).to.deep.equal(wanted),
    );
  }
});
