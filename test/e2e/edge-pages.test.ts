import { expect } from 'chai';
import { type Answer, CALL, type HttpRequest, parse, send, sendSound } from '../fixtures/replica-server/client.ts';
import { type Replica, startReplica } from '../fixtures/replica-server/server.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';

describe('the edge, for pages of browsers and clients that probe', function () {
  this.timeout(30_000);

  let replica: Replica;
  let gateway: TestGateway;
  let token: string;

  /** A valid request, with these changes. */
  const ask = (what: HttpRequest = {}) => sendSound(gateway.backendUrl('one'), token, what);
  const anonymous = (what: HttpRequest) => send(gateway.url, what);
  const errorOf = (answer: Answer) => ({ status: answer.status, ...parse(answer).error });
  before(async () => {
    replica = await startReplica({ name: 'one' });
    gateway = await startGateway({ backends: { one: { name: 'one', url: `http://127.0.0.1:${replica.port}/mcp` } } });
    token = await gateway.token();
  });
  after(async () => {
    await gateway?.stop();
    await replica?.stop();
  });

  describe('pages of other sites', () => {
    const evil = 'http://evil.example';
    const page = 'http://localhost:6274';
    const preflight = (origin: string) =>
      anonymous({
        method: 'OPTIONS',
        path: '/one/mcp',
        headers: {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'authorization,mcp-session-id',
        },
      });

    for (const host of [
      'evil.example',
      'evil.example:80',
      '127.0.0.1.evil.example',
      'localhost.evil.example:8080',
      '169.254.169.254',
    ]) {
      it(`Host ${host} is not allowed`, async () => {
        expect(errorOf(await ask({ headers: { host } }))).to.include({
          status: 403,
          code: -32011,
        });
      });
    }
    for (const origin of [
      evil,
      'null',
      'http://127.0.0.1.evil.example',
      'http://localhost.evil.example:80',
      'file://',
    ]) {
      it(`Origin ${origin} is not allowed`, async () => {
        expect(errorOf(await ask({ headers: { origin } }))).to.include({
          status: 403,
          code: -32011,
        });
      });
    }
    it('Host localhost and Origin localhost are', async () => {
      const { port } = new URL(gateway.url);
      expect((await ask({ headers: { host: `localhost:${port}`, origin: page } })).status).to.equal(200);
    });

    it('a page of this machine may ask, without a token', async () => {
      const { status, headers } = await preflight(page);
      expect(status).to.equal(204);
      expect(headers['access-control-allow-origin']).to.equal(page);
      expect(headers['access-control-allow-methods']?.split(/, */)).to.include.members(['GET', 'POST', 'DELETE']);
      expect(headers['access-control-allow-headers']?.split(/, */)).to.include.members([
        'authorization',
        'mcp-session-id',
      ]);
    });
    it('a page of another site may not', async () => {
      const { status, headers } = await preflight(evil);
      expect(status).to.equal(403);
      expect(headers).to.not.have.property('access-control-allow-origin');
    });
    it('a page may read the session id of a response, and the reason of a denial', async () => {
      for (const authorization of [`Bearer ${token}`, 'Bearer x']) {
        const { headers } = await ask({ headers: { origin: page, authorization } });
        expect(headers['access-control-allow-origin']).to.equal(page);
        expect(headers['access-control-expose-headers']?.split(/, */)).to.include.members([
          'mcp-session-id',
          'www-authenticate',
        ]);
      }
    });
  });

  describe('the metadata of the protected resources', () => {
    const WELL_KNOWN = '/.well-known/oauth-protected-resource';
    const read = async (path: string) => {
      const answer = await anonymous({ method: 'GET', path });
      return { status: answer.status, type: answer.headers['content-type'], ...JSON.parse(answer.body) };
    };

    it('name the issuer, for the root and for each backend, without a token', async () => {
      for (const [path, resource] of [
        [WELL_KNOWN, gateway.url],
        [`${WELL_KNOWN}/one/mcp`, gateway.backendUrl('one')],
      ] as const) {
        expect(await read(path)).to.deep.include({
          status: 200,
          type: 'application/json',
          resource,
          authorization_servers: [gateway.issuer],
          bearer_methods_supported: ['header'],
        });
      }
    });
    it('may be read by pages of any origin', async () => {
      const ask = (method: string) =>
        anonymous({ method, path: WELL_KNOWN, headers: { origin: 'https://evil.example' } });
      for (const method of ['GET', 'OPTIONS']) {
        const { status, headers } = await ask(method);
        expect([status, headers['access-control-allow-origin']]).to.deep.equal([method === 'GET' ? 200 : 204, '*']);
        expect(headers['access-control-allow-methods']).to.equal('GET');
        expect(headers['access-control-allow-headers']).to.equal('*');
      }
    });
    it('do not reveal which backends exist', async () => {
      expect((await read(`${WELL_KNOWN}/unknown/mcp`)).status).to.equal(200);
    });
    it('exist for nothing else', async () => {
      for (const path of [
        `${WELL_KNOWN}/one`,
        `${WELL_KNOWN}/one/mcp/more`,
        `${WELL_KNOWN}-more`,
        `${WELL_KNOWN}/ONE/mcp`,
      ]) {
        expect((await read(path)).status, path).to.equal(404);
      }
    });
    it('are where the denial says', async () => {
      const { status, headers } = await anonymous({ path: '/one/mcp', body: CALL });
      expect(status).to.equal(401);
      const named = /^Bearer .*resource_metadata="([^"]+)"/.exec(headers['www-authenticate'] ?? '')?.[1];
      expect(await read(new URL(named ?? '').pathname)).to.include({ resource: gateway.backendUrl('one') });
    });
  });
});
