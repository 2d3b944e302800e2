import { expect } from 'chai';
import {
  type Answer,
  CALL,
  type HttpRequest,
  openSession,
  parse,
  send,
  sendSound,
} from '../fixtures/replica-server/client.ts';
import { type Replica, startReplica } from '../fixtures/replica-server/server.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';

describe('the edge', function () {
  this.timeout(30_000);

  let replicas: Replica[];
  let gateway: TestGateway;
  let token: string;

  /** A valid request, with these changes. */
  const ask = (what: HttpRequest = {}) => sendSound(gateway.backendUrl('one'), token, what);
  const anonymous = (what: HttpRequest) => send(gateway.url, what);
  const replicaOf = (answer: Answer) => parse(answer).result?.replica;
  const errorOf = (answer: Answer) => ({ status: answer.status, ...parse(answer).error });
  const arrived = () => replicas.reduce((sum, { requests }) => sum + requests, 0);

  before(async () => {
    replicas = [];
    for (const name of ['a', 'b', 'other']) replicas.push(await startReplica({ name }));
    const [a, b, other] = replicas.map(({ port }) => `http://127.0.0.1:${port}/mcp`);
    const healthCheck = { interval: '500ms', timeout: '500ms' };
    gateway = await startGateway({
      backends: { one: { name: 'one', urls: [a, b], healthCheck }, two: { name: 'two', url: other, healthCheck } },
    });
    token = await gateway.token();
  });
  after(async () => {
    await gateway?.stop();
    for (const replica of replicas) await replica.stop();
  });

  it('lets a valid request pass, with its query', async () => {
    const answer = await ask({ path: '/one/mcp?a=1&b=%2F' });
    expect(answer.status).to.equal(200);
    expect(parse(answer).result?.path).to.equal('/mcp?a=1&b=%2F');
  });

  describe('headers that only the gateway may set', () => {
    const claims = (pin: Replica | undefined) => ({
      'x-mcp-lane': 'stateless',
      'x-mcp-backend': 'backend/two',
      'x-mcp-affinity': 'somebody',
      'x-mcp-pin': Buffer.from(`127.0.0.1:${pin?.port}`).toString('base64'),
      'x-envoy-upstream-rq-timeout-ms': '1',
      'x-envoy-original-path': '/two/mcp',
    });

    it('neither affect where a session goes, nor reach the server', async () => {
      const { session, replica } = await openSession(gateway.backendUrl('one'), { token });
      for (const pin of replicas) {
        const answer = await ask({ headers: { ...claims(pin), 'mcp-session-id': session } });
        expect(replicaOf(answer)).to.equal(replica);
        const names = Object.keys(parse(answer).result?.headers ?? {});
        expect(names.filter((name) => /^x-mcp-|^authorization$|^x-envoy-(original|upstream)/.test(name))).to.deep.equal(
          [],
        );
      }
    });

    it('have no effect without a session', async () => {
      const seen = new Set<string | undefined>();
      for (let count = 0; count < 40; count++) {
        const body = CALL.replace('tools/call', 'initialize');
        const answer = await ask({ headers: claims(replicas[2]), body });
        expect(answer.headers).to.not.have.property('x-mcp-pin');
        expect(answer.headers).to.have.property('mcp-session-id');
        seen.add(replicaOf(answer));
      }
      expect([...seen]).to.have.members(['a', 'b']);
    });

    it('do not replace a token', async () => {
      const before = arrived();
      for (const lane of ['open', 'session', 'close', 'stateless']) {
        const answer = await anonymous({
          path: '/one/mcp',
          body: CALL,
          headers: { ...claims(replicas[0]), 'x-mcp-lane': lane },
        });
        expect(answer.status).to.equal(401);
      }
      expect(arrived()).to.equal(before);
    });
  });

  describe('paths', () => {
    const outcomes: Record<string, number> = {
      '/one/mcp': 200,
      '/./one/mcp': 200,
      '/two/../one/mcp': 200,
      '/one/mcp/': 404,
      '//one/mcp': 404,
      '/one//mcp': 404,
      '/One/mcp': 404,
      '/one/MCP': 404,
      '/one': 404,
      '/': 404,
      '/one/mcp;a=b': 404,
      '/one/mcp/more': 404,
      '/one%2Fmcp': 400,
      '/one%2fmcp': 400,
      '/one%5Cmcp': 400,
      '/one/%2e%2e%2fone/mcp': 400,
      '/one/mcp%00': 400,
      '/unknown/mcp': 404,
      '/admin/mcp': 404,
    };
    for (const [path, status] of Object.entries(outcomes)) {
      it(`${path} gets ${status}`, async () => {
        const before = arrived();
        const answer = await ask({ path });
        expect(answer.status).to.equal(status);
        expect(answer.headers['content-type']).to.match(/^application\/json/);
        expect(parse(answer)).to.have.property('jsonrpc', '2.0');
        expect(arrived()).to.equal(before + (status === 200 ? 1 : 0));
      });
    }

    for (const path of [
      '/.well-known/oauth-protected-resource/../../one/mcp',
      '/.well-known/oauth-protected-resource/%2e%2e/%2e%2e/one/mcp',
      '/.well-known/oauth-protected-resource/../oauth-protected-resource/../../one/mcp',
      '/.well-known/oauth-protected-resource/..%2f..%2fone/mcp',
      '/.well-known/oauth-protected-resource\\..\\..\\one/mcp',
      '/.well-known/oauth-protected-resource/..;/..;/one/mcp',
    ]) {
      it(`${path} does not work without a token`, async () => {
        const before = arrived();
        const answer = await anonymous({ path, body: CALL, headers: { 'content-type': 'application/json' } });
        expect(answer.status).to.be.oneOf([400, 401, 404]);
        expect(arrived()).to.equal(before);
      });
    }
  });

  describe('methods and transports', () => {
    for (const method of ['PUT', 'PATCH', 'HEAD', 'OPTIONS', 'TRACE', 'PROPFIND']) {
      it(`${method} is not allowed`, async () => {
        const answer = await ask({ method, body: '' });
        expect(answer.status).to.equal(405);
        expect(answer.headers.allow).to.equal('GET, POST, DELETE');
      });
    }

    for (const endpoint of ['sse', 'messages']) {
      it(`/${endpoint} of the transport of 2024-11-05 gets 410`, async () => {
        const answer = await ask({ method: 'GET', path: `/one/${endpoint}`, body: '' });
        expect(answer.status).to.equal(410);
        expect(parse(answer).error).to.deep.include({ code: -32000, data: { endpoint: '/one/mcp' } });
      });
    }

    it('a token in the query is denied', async () => {
      const answer = await anonymous({ path: `/one/mcp?access_token=${token}`, body: CALL });
      expect(errorOf(answer)).to.deep.include({ status: 400, code: -32600 });
    });
  });

  describe('bodies', () => {
    const bad: [what: string, body: string | Buffer, code: number][] = [
      ['nothing', '', -32700],
      ['broken JSON', '{"jsonrpc":"2.0",', -32700],
      [
        'invalid UTF-8',
        Buffer.concat([
          Buffer.from('{"jsonrpc":"2.0","id":1,"method":"'),
          Buffer.from([0xff, 0xfe]),
          Buffer.from('"}'),
        ]),
        -32700,
      ],
      ['UTF-16', Buffer.from(CALL, 'utf16le'), -32700],
      ['null', 'null', -32600],
      ['a number', '42', -32600],
      ['no message', '{}', -32600],
      ['an empty batch', '[]', -32600],
      ['a method that is no text', '{"jsonrpc":"2.0","id":1,"method":{}}', -32600],
    ];
    for (const [what, body, code] of bad) {
      it(`${what} gets 400 and ${code}`, async () => {
        const before = arrived();
        expect(errorOf(await ask({ body }))).to.deep.include({ status: 400, code });
        expect(arrived()).to.equal(before);
      });
    }

    for (const type of [
      'application/json',
      'Application/JSON',
      'application/json; charset=utf-8',
      'application/json;charset=UTF-8',
    ]) {
      it(`${type} is read`, async () => {
        expect((await ask({ headers: { 'content-type': type } })).status).to.equal(200);
      });
    }
    for (const type of [
      'text/plain',
      'application/json-patch+json',
      'application/x-www-form-urlencoded',
      'multipart/form-data',
      '',
    ]) {
      it(`${type || 'no type'} gets 415`, async () => {
        expect((await ask({ headers: { 'content-type': type } })).status).to.equal(415);
      });
    }
  });
});
