import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect } from 'chai';
import { freePort } from '../../runtime/processes/ports.ts';
import { rpc } from '../fixtures/replica-server/client.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { SDK1, SDK2_AUTO, SDK2_LEGACY } from '../support/clients.ts';
import { PROJECT, startGateway, type TestGateway } from '../support/gateway.ts';
import { legacyFeatures } from './clients/legacy-features.ts';
import { sessionEnds } from './clients/session-ends.ts';
import { brokenAndCancelledCalls } from './clients/streams.ts';

const EVERYTHING = join(PROJECT, 'node_modules/@modelcontextprotocol/server-everything/dist/index.js');

describe('the official clients through the gateway, with servers that speak HTTP+SSE', function () {
  this.timeout(60_000);
  let gateway: TestGateway;
  let fixture: string;
  const children: ChildProcess[] = [];

  before(async () => {
    const child = spawn(process.execPath, [join(PROJECT, 'test/fixtures/sse-server/main.ts')], { stdio: 'pipe' });
    const port = await freePort('127.0.0.1');
    const everything = spawn(process.execPath, [EVERYTHING, 'sse'], {
      stdio: 'ignore',
      env: { ...process.env, PORT: String(port) },
    });
    children.push(child, everything);
    const [first] = await once(createInterface({ input: child.stdout }), 'line');
    fixture = `http://127.0.0.1:${first}`;
    const sse = (name: string, url: string, more: object = {}) => ({ name, url, transport: 'sse', ...more });
    gateway = await startGateway({
      backends: {
        everything: sse('everything', `http://127.0.0.1:${port}/sse`, { replicas: 2 }),
        conformance: sse('conformance', `${fixture}/conformance`),
        feature: sse('feature', `${fixture}/feature`, { replicas: 2 }),
      },
    });
  });
  after(async () => {
    await gateway?.stop();
    for (const child of children) child.kill();
  });

  const seen = async (): Promise<{
    seen: { method: string; url: string; headers: NodeJS.Dict<string> }[];
    open: number;
  }> => (await fetch(`${fixture}/seen`)).json() as never;

  legacyFeatures(() => gateway);
  brokenAndCancelledCalls(() => gateway, [SDK1, SDK2_LEGACY, SDK2_AUTO]);
  sessionEnds(() => gateway);

  it('the server gets its credential and the identity headers, and nothing of the client', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mcpgw-'));
    try {
      writeFileSync(join(folder, 'credential'), 'of-the-gateway');
      gateway.writeBackend('credential', {
        ...{ name: 'credential', url: `${fixture}/feature`, transport: 'sse' },
        ...{ upstreamAuth: { type: 'bearer', file: join(folder, 'credential') }, identityHeaders: ['subject'] },
      });
      const token = await gateway.token({ subject: 'ada' });
      await eventually(
        () => rpc(gateway.backendUrl('credential'), { token }, 'ping'),
        ({ status }) => status === 400, // The bridge's: there is no session.
      );
      const before = (await seen()).seen.length;
      const opened = await rpc(gateway.backendUrl('credential'), { token }, 'initialize');
      const session = String(opened.headers['mcp-session-id']);
      await rpc(gateway.backendUrl('credential'), { token, session }, 'tools/list');
      const requests = (await seen()).seen.slice(before);
      expect(requests.map(({ method }) => method)).to.include.members(['GET', 'POST']);
      for (const { headers } of requests) {
        expect(headers).to.include({ authorization: 'Bearer of-the-gateway', 'x-mcp-subject': 'ada' });
        expect(JSON.stringify(headers)).not.to.contain(token);
      }
    } finally {
      gateway.removeBackend('credential');
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
