import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { callerHeaders, open, openSession, parse, rpc, send } from '../fixtures/replica-server/client.ts';
import { type Replica, startReplica } from '../fixtures/replica-server/server.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';

const MIB = 1 << 20;
const SILENCE_MS = 5_000;

describe("Envoy's own replies", function () {
  this.timeout(30_000);

  let replica: Replica;
  let leaving: Replica;
  let ill: Replica;
  let gateway: TestGateway;
  let token: string;

  /** A call whose body has this many bytes. */
  const bodyOf = (bytes: number) => {
    const [head, tail] = ['{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"', '"}}'];
    return head + 'x'.repeat(bytes - head.length - tail.length) + tail;
  };
  const post = (headers: Record<string, string> = {}, body = bodyOf(200)) =>
    send(gateway.backendUrl('one'), {
      headers: { 'content-type': 'application/json', ...callerHeaders({ token }), ...headers },
      body,
    });
  const expectJsonRpc = (answer: Awaited<ReturnType<typeof post>>, status: number) => {
    expect(answer.status).to.equal(status);
    expect(answer.headers['content-type']).to.match(/^application\/json/);
    const { jsonrpc, id, error } = parse(answer);
    expect(jsonrpc).to.equal('2.0');
    expect(error?.message).to.be.a('string').and.not.equal('');
    return { id, code: error?.code };
  };

  before(async () => {
    [replica, leaving] = [await startReplica({ name: 'replica' }), await startReplica({ name: 'leaving' })];
    ill = await startReplica({ name: 'ill' });
    const url = ({ port }: Replica) => `http://127.0.0.1:${port}/mcp`;
    gateway = await startGateway({
      backends: {
        one: { name: 'one', url: url(replica) },
        leaving: { name: 'leaving', url: url(leaving), healthCheck: { type: 'none' } },
        ill: { name: 'ill', url: url(ill), healthCheck: { path: '/healthz', interval: '500ms', timeout: '500ms' } },
      },
    });
    token = await gateway.token();
  });
  after(async () => {
    await gateway?.stop();
    await replica?.stop();
    await leaving?.stop();
    await ill?.stop();
  });

  it('deny a body over 1 MiB, and no smaller one', async () => {
    const whole = await post({}, bodyOf(MIB));
    expect(whole.status, whole.body.slice(0, 300)).to.equal(200);
    expect(expectJsonRpc(await post({}, bodyOf(MIB + 1)), 413)).to.deep.equal({ id: null, code: -32017 });
  });

  it('deny headers over 64 KiB', async () => {
    expect((await post({ 'x-long': 'x'.repeat(48 << 10) })).status).to.equal(200);
    expect((await post({ 'x-long': 'x'.repeat(65 << 10) })).status).to.equal(431);
  });

  it('deny more than 100 headers', async () => {
    const many = Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`x-header-${index}`, '1']));
    expect((await post(many)).status).to.equal(431);
  });

  it('deny a header whose name a server might read as another', async () => {
    const before = replica.requests;
    expect((await post({ mcp_session_id: 'x' })).status).to.equal(400);
    expect(replica.requests).to.equal(before);
  });

  it('deny what is not HTTP', async () => {
    const { hostname, port } = new URL(gateway.url);
    for (const bytes of [
      'GET / HTTP/9.9\r\n\r\n',
      'POST /one/mcp HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n',
      '\0\0\0\0\r\n\r\n',
    ]) {
      const socket = connect(Number(port), hostname);
      let answer = '';
      socket.on('data', (chunk: Buffer) => {
        answer += chunk.toString('latin1');
      });
      socket.on('error', () => undefined);
      socket.write(bytes);
      await once(socket, 'close');
      expect(answer).to.match(/^(HTTP\/1\.1 4\d\d |$)/);
    }
  });

  it('deny two lengths of one body, which would allow request smuggling', async () => {
    const { hostname, port } = new URL(gateway.url);
    const before = replica.requests;
    const socket = connect(Number(port), hostname);
    const head = `POST /one/mcp HTTP/1.1\r\nhost: ${hostname}\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\n`;
    socket.write(`${head}content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`);
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    expect(chunk.toString('latin1')).to.match(/^HTTP\/1\.1 400 /);
    expect(replica.requests).to.equal(before);
  });

  it('report a server that cannot be reached, with the id of the request', async () => {
    const { session } = await openSession(gateway.backendUrl('leaving'), { token });
    await leaving.stop();
    for (const caller of [{ token, session }, { token }]) {
      const answer = await rpc(gateway.backendUrl('leaving'), caller, 'tools/call', 'mine');
      expect(expectJsonRpc(answer, 503)).to.deep.equal({ id: 'mine', code: -32016 });
      expect(answer.headers).to.have.property('retry-after');
    }
    leaving = await startReplica({ name: 'leaving', port: leaving.port });
  });

  for (const id of [
    0,
    -7,
    2 ** 31,
    Number.MAX_SAFE_INTEGER,
    'text',
    '',
    '7',
    'a "quoted" \\ id\n%REQ(AUTHORIZATION)% é 🙂',
  ]) {
    it(`report that no replica is healthy, with the id ${JSON.stringify(id)}`, async () => {
      ill.healthStatus = 500;
      const url = gateway.backendUrl('ill');
      const answer = await eventually(
        () => rpc(url, { token }, 'initialize', id),
        ({ status }) => status === 503,
      );
      expect(expectJsonRpc(answer, 503)).to.deep.equal({ id, code: -32015 });
    });
  }

  it('leave a silent stream open', async () => {
    const { session } = await openSession(gateway.backendUrl('one'), { token });
    const headers = { ...callerHeaders({ token, session }), accept: 'text/event-stream' };
    const stream = await open(`${gateway.backendUrl('one')}?silent`, { method: 'GET', headers });
    expect(stream.statusCode).to.equal(200);
    expect(stream.headers['content-type']).to.equal('text/event-stream');
    let ended = false;
    stream.on('close', () => {
      ended = true;
    });
    stream.resume();
    await sleep(SILENCE_MS);
    expect(ended).to.equal(false);
    stream.destroy();
  });

  it('work over HTTP/2 too', async () => {
    const client = connectHttp2(gateway.url);
    const call = client.request({
      ':method': 'POST',
      ':path': '/one/mcp',
      'content-type': 'application/json',
      ...callerHeaders({ token }),
    });
    call.end(bodyOf(200));
    const [headers] = await once(call, 'response');
    const chunks: Buffer[] = await call.toArray();
    client.close();
    expect(headers[':status']).to.equal(200);
    expect(JSON.parse(Buffer.concat(chunks).toString()).result.replica).to.equal('replica');
  });
});

describe('an identity provider that is down', function () {
  this.timeout(30_000);

  let gateway: TestGateway;
  let replica: Replica;

  before(async () => {
    replica = await startReplica({ name: 'replica' });
    const nobody = await startReplica({ name: 'nobody' });
    await nobody.stop();
    gateway = await startGateway({
      backends: { one: { name: 'one', url: `http://127.0.0.1:${replica.port}/mcp` } },
      settings: { issuer: { url: `http://127.0.0.1:${nobody.port}` } },
    });
  });
  after(async () => {
    await gateway?.stop();
    await replica?.stop();
  });

  it('is reported to the client, with the id of its request', async () => {
    const issuer = await issuerOf(gateway.url);
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const token = `${part({ alg: 'RS256', kid: 'any' })}.${part({ iss: issuer, aud: gateway.url, sub: 'x', exp: 4e9 })}.AAAA`;
    const answer = await rpc(gateway.backendUrl('one'), { token }, 'tools/call', 'mine');
    expect(answer.status).to.equal(503);
    const { id, error } = parse(answer);
    expect([id, error?.code]).to.deep.equal(['mine', -32014]);
    expect(answer.headers).to.have.property('retry-after');
  });
});

async function issuerOf(url: string): Promise<string> {
  const answer = await send(url, { method: 'GET', path: '/.well-known/oauth-protected-resource' });
  return JSON.parse(answer.body).authorization_servers[0];
}
