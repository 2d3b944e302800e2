import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { callerHeaders, openSession, parse, rpc, send } from '../fixtures/replica-server/client.ts';
import { type Replica, startReplica } from '../fixtures/replica-server/server.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';

describe('what a server gets from the gateway', function () {
  this.timeout(30_000);

  const folder = mkdtempSync(join(tmpdir(), 'mcpgw-secrets-'));
  const secret = (name: string) => join(folder, name);
  let replica: Replica;
  let refusing: Server;
  let gateway: TestGateway;
  let token: string;

  /** The headers that the server receives. */
  const arrived = async (backend: string, headers: Record<string, string> = {}) => {
    const answer = await send(gateway.backendUrl(backend), {
      headers: { 'content-type': 'application/json', ...callerHeaders({ token }), ...headers },
      body: '{"jsonrpc":"2.0","id":1,"method":"ping"}',
    });
    const { result } = parse(answer);
    if (result === undefined) throw new Error(`${answer.status} ${answer.body}`);
    return result.headers;
  };

  before(async () => {
    replica = await startReplica({ name: 'replica' });
    refusing = createServer((request, response) => {
      request.resume();
      const challenge = 'Bearer resource_metadata="http://evil.example/meta"';
      response.writeHead(request.url === '/healthz' ? 200 : 401, { 'www-authenticate': challenge }).end('{}');
    });
    await new Promise<void>((resolve) => refusing.listen(0, '127.0.0.1', resolve));
    writeFileSync(secret('bearer'), 'first\n');
    writeFileSync(secret('key'), 'k-1');
    writeFileSync(secret('password'), 'pass:word');
    const url = `http://127.0.0.1:${replica.port}/mcp`;
    gateway = await startGateway({
      backends: {
        plain: { name: 'plain', url },
        bearer: { name: 'bearer', url, upstreamAuth: { type: 'bearer', file: secret('bearer') } },
        key: { name: 'key', url, upstreamAuth: { type: 'header', header: 'X-Api-Key', file: secret('key') } },
        basic: { name: 'basic', url, upstreamAuth: { type: 'basic', username: 'bot', file: secret('password') } },
        told: { name: 'told', url, identityHeaders: ['subject', 'tenant', 'roles', 'scopes', 'issuer'] },
        refusing: { name: 'refusing', url: `http://127.0.0.1:${(refusing.address() as AddressInfo).port}/mcp` },
      },
      tenants: {
        tenants: [
          {
            name: 'engineering',
            match: [{ claim: 'tenant', value: 'engineering' }],
            roles: [{ name: 'lead', match: [{ claim: 'sub', value: 'zoe' }] }, 'unheld'],
          },
        ],
      },
    });
    token = await gateway.token({ subject: 'zoe' });
  });
  after(async () => {
    await gateway?.stop();
    await replica?.stop();
    refusing?.close();
    rmSync(folder, { recursive: true });
  });

  it('contains nothing about the caller unless it is configured', async () => {
    const headers = await arrived('plain', { cookie: 'a=b', 'x-tenant': 'engineering' });
    expect(headers).to.not.have.any.keys('authorization', 'cookie', 'x-tenant', 'x-api-key');
    expect(Object.keys(headers).filter((name) => name.startsWith('x-mcp-'))).to.deep.equal([]);
    expect(JSON.stringify(headers)).to.not.include(token.slice(0, 20));
  });

  it("contains the gateway's credential, of each kind", async () => {
    expect(await arrived('bearer')).to.include({ authorization: 'Bearer first' });
    expect(await arrived('key', { 'x-api-key': 'mine' })).to.include({ 'x-api-key': 'k-1' });
    expect(await arrived('key')).to.not.have.property('authorization');
    const pair = Buffer.from('bot:pass:word').toString('base64');
    expect(await arrived('basic')).to.include({ authorization: `Basic ${pair}` });
  });

  it('contains the credential in every lane', async () => {
    const { session } = await openSession(gateway.backendUrl('bearer'), { token });
    const answer = await rpc(gateway.backendUrl('bearer'), { token, session });
    expect(parse(answer).result?.headers).to.include({ authorization: 'Bearer first' });
  });

  it('contains a new credential once its file has changed', async () => {
    writeFileSync(secret('key'), 'k-2\n');
    await eventually(
      () => arrived('key'),
      (headers) => headers['x-api-key'] === 'k-2',
    );
  });

  it("contains the caller's identity if it is configured, and no client can forge it", async () => {
    const spoofed = { 'x-mcp-subject': 'root', 'x-mcp-roles': 'admin', 'x-mcp-anything': 'x', 'X-MCP-Tenant': 'other' };
    const headers = await arrived('told', spoofed);
    const told = Object.entries(headers).filter(([name]) => name.startsWith('x-mcp-'));
    expect(Object.fromEntries(told)).to.deep.equal({
      'x-mcp-subject': 'zoe',
      'x-mcp-issuer': encodeURI(gateway.issuer),
      'x-mcp-tenant': 'engineering',
      'x-mcp-roles': 'lead',
      'x-mcp-scopes': 'mcp',
    });
  });

  it('is nothing at all without the credential that it needs, and the status says why', async () => {
    writeFileSync(secret('odd'), 'two\nlines\n');
    const url = `http://127.0.0.1:${replica.port}/mcp`;
    gateway.writeBackend('odd', { name: 'odd', url, upstreamAuth: { type: 'bearer', file: secret('odd') } });
    const answer = await eventually(
      () => rpc(gateway.backendUrl('odd'), { token }),
      ({ status }) => status === 503,
    );
    expect(parse(answer).error).to.include({ code: -32014 });
    const { backends } = await gateway.status();
    const reasons = backends?.find(({ name }) => name === 'odd')?.reasons ?? [];
    expect(reasons.join()).to.contain('upstreamAuth: ');
    writeFileSync(secret('odd'), 'one line\n');
    await eventually(
      () => rpc(gateway.backendUrl('odd'), { token }),
      ({ status }) => status === 200,
    );
  });

  it('does not let it send a client elsewhere to log in', async () => {
    const answer = await rpc(gateway.backendUrl('refusing'), { token });
    expect(answer.status).to.equal(401);
    expect(answer.headers).to.not.have.property('www-authenticate');
  });
});
