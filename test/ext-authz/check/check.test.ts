import { expect } from 'chai';
import { hashPrincipal } from '../../../core/identity/principal.ts';
import { deny } from '../../../core/mcp/denial.ts';
import type { Policy } from '../../../core/policy/policy.ts';
import { sealSession } from '../../../core/session/seal.ts';
import { type Session, sessionFingerprint } from '../../../core/session/session.ts';
import { type CheckServices, check } from '../../../ext-authz/check/check.ts';
import type { HttpRequest } from '../../../ext-authz/check/request.ts';
import { SessionOpener } from '../../../ext-authz/check/session-opener.ts';
import type { Allow, Verdict } from '../../../ext-authz/check/verdict.ts';
import { TokenVerifier } from '../../../ext-authz/identity/verify.ts';
import { keysOf } from '../../core/session/arbitrary.ts';
import { capturedLog } from '../captured-log.ts';
import { type LocalIssuer, NOW_SECONDS, startIssuer } from '../local-issuer.ts';
import { PUBLIC_URL, policyBackend, policyOf } from '../policy.ts';

const KEYS = keysOf(1);
const BODY = { jsonrpc: '2.0', id: 7, method: 'tools/list' };
const INITIALIZE = { jsonrpc: '2.0', id: 7, method: 'initialize', params: { protocolVersion: '2025-11-25' } };

describe('ext-authz/check', () => {
  let issuer: LocalIssuer;
  let policy: Policy;
  let services: CheckServices;
  let token: string;

  before(async () => {
    issuer = await startIssuer();
    token = await issuer.sign({ aud: PUBLIC_URL, team: 'red' });
  });

  beforeEach(() => {
    policy = policyOf(issuer.url, [
      policyBackend('a'),
      policyBackend('b', { path: '/x/y' }),
      policyBackend('none', { affinity: 'none' }),
      policyBackend('by-header', { affinityHeader: 'mcp-param-region' }),
      policyBackend('leaving', { draining: true }),
      policyBackend('blue-only', { tenants: ['blue'] }),
    ]);
    const now = () => NOW_SECONDS * 1000;
    const verifier = new TokenVerifier({ issuers: policy.settings.issuers, log: capturedLog().log, now });
    services = { policy, verifier, sessions: new SessionOpener(KEYS), admission: [], now };
  });

  after(() => issuer.close());

  function request(more: Partial<HttpRequest> = {}, headers: Record<string, string | undefined> = {}): HttpRequest {
    const all = { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers };
    const given = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined);
    return {
      method: 'POST',
      path: '/a/mcp',
      host: '127.0.0.1:8080',
      body: Buffer.from(JSON.stringify(BODY)),
      ...more,
      headers: Object.fromEntries(given),
    };
  }

  const json = (value: unknown) => Buffer.from(JSON.stringify(value));

  async function denialOf(asked: HttpRequest) {
    const { outcome, findings } = await check(asked, services);
    if (outcome.kind === 'allow') throw new Error(`allowed: ${outcome.lane}`);
    return { ...outcome, id: findings.id };
  }

  async function gist(asked: HttpRequest): Promise<unknown> {
    const { reason, status, error, id } = await denialOf(asked);
    return [reason, status, error.code, id];
  }

  function allowed({ outcome }: Verdict): Allow {
    if (outcome.kind === 'deny') throw new Error(`denied: ${outcome.reason} ${outcome.error.message}`);
    return outcome;
  }

  const seal = (more: Partial<Session> = {}) =>
    sealSession(
      {
        backend: 'a',
        tenant: 'red',
        principal: hashPrincipal(issuer.url, 'alice'),
        endpoint: 'a-1',
        incarnation: 'two',
        serverSessionId: 'theirs',
        issuedAtSeconds: NOW_SECONDS - 10,
        ...more,
      },
      KEYS,
    );

  it('refuses everything before there is a policy', async () => {
    const { outcome, findings } = await check(request(), { ...services, policy: undefined });
    expect(outcome).to.deep.equal(deny('unavailable', { headers: { 'retry-after': '1' } }));
    expect(findings.id).to.equal(7);
  });

  describe('the shape of the request', () => {
    for (const host of ['127.0.0.1:8080', 'LOCALHOST:1', 'localhost']) {
      it(`passes with Host ${host}`, async () => void allowed(await check(request({ host }), services)));
    }

    for (const host of [
      '',
      '127.0.0.1',
      '127.0.0.1:8081',
      'localhost.evil.example',
      'evil.example:8080',
      'localhost:8080.evil',
      'localhost:',
    ]) {
      it(`is refused with Host ${JSON.stringify(host)}`, async () =>
        expect(await gist(request({ host }))).to.deep.equal(['forbidden-edge', 403, -32011, 7]));
    }

    for (const origin of [
      'null',
      'http://evil.example',
      'https://localhost:1',
      'http://localhost.evil.example',
      'http://localhost:1/',
      '',
    ]) {
      it(`is refused with Origin ${JSON.stringify(origin)}`, async () =>
        expect(await gist(request({}, { origin }))).to.deep.equal(['forbidden-edge', 403, -32011, 7]));
    }

    for (const origin of [PUBLIC_URL, 'http://localhost:6274', 'http://localhost', 'HTTP://LOCALHOST:1']) {
      it(`passes with Origin ${origin}`, async () => void allowed(await check(request({}, { origin }), services)));
    }

    for (const [path, reason, status] of [
      ['/', 'unknown-backend', 404],
      ['', 'unknown-backend', 404],
      ['/a', 'unknown-backend', 404],
      ['/a/', 'unknown-backend', 404],
      ['/a/mcp/', 'unknown-backend', 404],
      ['/a/mcp/x', 'unknown-backend', 404],
      ['/A/mcp', 'unknown-backend', 404],
      ['//a/mcp', 'unknown-backend', 404],
      ['/%61/mcp', 'unknown-backend', 404],
      ['/a/MCP', 'unknown-backend', 404],
      ['/__proto__/mcp', 'unknown-backend', 404],
      ['a/mcp', 'unknown-backend', 404],
      ['/a/sse', 'old-transport', 410],
      ['/a/messages?x=1', 'old-transport', 410],
      ['/a/mcp?access_token=x', 'bad-request', 400],
      ['/a/mcp?a=b&ACCESS_TOKEN=x', 'bad-request', 400],
    ] as const) {
      it(`is refused with path ${JSON.stringify(path)}`, async () => {
        const denial = await denialOf(request({ path }));
        expect([denial.reason, denial.status]).to.deep.equal([reason, status]);
      });
    }

    it('is refused with another method, which says those that are allowed', async () => {
      for (const method of ['PUT', 'OPTIONS', 'HEAD', 'post', '']) {
        const denial = await denialOf(request({ method }));
        expect([denial.status, denial.headers], method).to.deep.equal([405, { allow: 'GET, POST, DELETE' }]);
      }
    });

    it('keeps its id in the refusal as far as it can be read', async () => {
      const path = '/';
      const idOf = async (body: Buffer) => (await denialOf(request({ path, body }))).id;
      expect(await idOf(json({ ...BODY, id: 'x' }))).to.equal('x');
      for (const body of [
        Buffer.alloc(0),
        Buffer.from('{'),
        json([BODY]),
        json({ ...BODY, id: 1, pad: 'x'.repeat(65_536) }),
      ]) {
        expect(await idOf(body)).to.equal(null);
      }
    });
  });

  describe('who asks', () => {
    const challenge = `Bearer resource_metadata="${PUBLIC_URL}/.well-known/oauth-protected-resource/a/mcp", scope="mcp"`;

    it('is asked for where no token came, with RFC 9728 metadata', async () => {
      const denial = await denialOf(request({}, { authorization: undefined }));
      expect([denial.reason, denial.status, denial.id]).to.deep.equal(['unauthenticated', 401, 7]);
      expect(denial.headers).to.deep.equal({ 'www-authenticate': challenge });
    });

    it('is not learnt from anything but one bearer token', async () => {
      for (const authorization of [
        '',
        'Bearer',
        'Bearer ',
        `Basic ${token}`,
        token,
        `Bearer ${token}, Bearer ${token}`,
        `Bearer ${token} x`,
        'Bearer a.b',
        `Bearer ${token}=`,
      ]) {
        const denial = await denialOf(request({}, { authorization }));
        expect(denial.reason, authorization).to.equal('invalid-token');
        expect(denial.headers['www-authenticate']).to.match(
          /^Bearer error="invalid_token", error_description="[^"]+", resource_metadata=/,
        );
      }
    });

    it('takes the scheme in any case', async () => {
      for (const scheme of ['bearer', 'BEARER']) {
        allowed(await check(request({}, { authorization: `${scheme} ${token}` }), services));
      }
    });

    it('writes a header that nobody can break out of', async () => {
      const evil = await issuer.sign({ iss: 'https://e"\\\r\nx: y\u00e9' });
      const denial = await denialOf(request({}, { authorization: `Bearer ${evil}` }));
      expect(denial.headers['www-authenticate']).to.match(
        /^Bearer error="invalid_token", error_description="[\x20-\x21\x23-\x5b\x5d-\x7e]+", [\x20-\x7e]+$/,
      );
    });

    for (const [audience, ok] of [
      [PUBLIC_URL, true],
      [`${PUBLIC_URL}/`, true],
      [`${PUBLIC_URL}/a/mcp`, true],
      ['extra', true],
      [['other', `${PUBLIC_URL}/a/mcp`], true],
      [`${PUBLIC_URL}/a/mcp/`, false],
      [`${PUBLIC_URL}/a`, false],
      [`${PUBLIC_URL}/b/mcp`, false],
      ['other', false],
      [[], false],
      [undefined, false],
    ] as const) {
      it(`must have meant this backend: aud ${JSON.stringify(audience)}`, async () => {
        const aud = typeof audience === 'object' ? [...audience] : audience;
        const authorization = `Bearer ${await issuer.sign({ aud, team: 'red' })}`;
        const { outcome } = await check(request({}, { authorization }), services);
        expect(outcome.kind).to.equal(ok ? 'allow' : 'deny');
        if (outcome.kind === 'deny')
          expect(outcome.error.message).to.equal('The access token was issued for another audience');
      });
    }

    it('cannot be told while the issuer is down: 503 and Retry-After', async () => {
      const down = await startIssuer();
      const foreign = await down.sign({ aud: PUBLIC_URL, team: 'red' });
      const issuers = policyOf(down.url, []).settings.issuers;
      await down.close();
      services = { ...services, verifier: new TokenVerifier({ issuers, log: capturedLog().log, now: services.now }) };
      const denial = await denialOf(request({}, { authorization: `Bearer ${foreign}` }));
      expect([denial.reason, denial.status, denial.headers]).to.deep.equal([
        'unavailable',
        503,
        { 'retry-after': '2' },
      ]);
    });

    it('is told of a trailing slash', async () => {
      const authorization = `Bearer ${await issuer.sign({ iss: `${issuer.url}/`, aud: PUBLIC_URL })}`;
      const denial = await denialOf(request({}, { authorization }));
      expect(denial.error.message).to.match(/^The access token is not accepted: .*trailing slash/);
    });
  });

  describe('tenant and backend', () => {
    const as = async (claims: Record<string, unknown>, path = '/a/mcp') => {
      const authorization = `Bearer ${await issuer.sign({ aud: 'extra', ...claims })}`;
      return gist(request({ path }, { authorization }));
    };

    it('no tenant, or several: 403', async () => {
      expect(await as({})).to.deep.equal(['no-tenant', 403, -32011, 7]);
      expect(await as({ team: 'green' })).to.deep.equal(['no-tenant', 403, -32011, 7]);
      expect(await as({ team: ['red', 'blue'] })).to.deep.equal(['no-tenant', 403, -32011, 7]);
    });

    it('a backend that does not exist and one that the tenant may not use look alike', async () => {
      const missing = await denialOf(request({ path: '/missing/mcp' }));
      const notOurs = await denialOf(request({ path: '/blue-only/mcp' }));
      expect(missing).to.deep.equal(notOurs);
      expect(missing.status).to.equal(404);
      expect(await as({ team: 'blue' }, '/b/mcp')).to.deep.equal(['unknown-backend', 404, -32012, 7]);
      expect(await as({ team: 'blue' }, '/blue-only/mcp')).to.deep.equal(['unknown-backend', 404, -32012, 7]);
    });
  });

  describe('the lane', () => {
    const go = async (more: Partial<HttpRequest>, headers = {}) =>
      allowed(await check(request(more, headers), services));
    const principal = () => hashPrincipal(issuer.url, 'alice').toString('base64url');

    it('of initialize is open, placed at random', async () => {
      const { lane, affinity, pin, session } = await go({ body: json(INITIALIZE) });
      expect({ lane, affinity, pin, session }).to.deep.equal({
        lane: 'open',
        affinity: undefined,
        pin: undefined,
        session: undefined,
      });
    });

    it('of initialize to a backend without affinity is stateless', async () => {
      expect((await go({ path: '/none/mcp', body: json(INITIALIZE) })).lane).to.equal('stateless');
    });

    it('of requests without a session is stateless, placed by the caller or by the header of the backend', async () => {
      expect(await go({ path: '/b/mcp?q=1&r' })).to.deep.equal({
        kind: 'allow',
        lane: 'stateless',
        backend: 'b',
        path: '/x/y?q=1&r',
        affinity: principal(),
        pin: undefined,
        session: undefined,
      });
      const path = '/by-header/mcp';
      expect((await go({ path }, { 'mcp-param-region': 'eu' })).affinity).to.equal('eu');
      expect((await go({ path })).affinity).to.equal(principal());
    });

    it('of a session is the replica that holds it', async () => {
      const sealed = seal();
      const { lane, pin, session } = await go({}, { 'mcp-session-id': sealed });
      const opened = new SessionOpener(KEYS).open(sealed);
      if (opened === undefined) throw new Error('not opened');
      expect({ lane, pin, session }).to.deep.equal({
        lane: 'session',
        pin: '127.0.0.1:9001',
        session: {
          sealed,
          serverSessionId: 'theirs',
          fingerprint: sessionFingerprint(opened.session),
          expiresAtSeconds: NOW_SECONDS + 3590,
          incarnation: 'two',
        },
      });
    });

    it('of GET is the same, of DELETE is close', async () => {
      const headers = { 'mcp-session-id': seal(), 'content-type': undefined };
      expect((await go({ method: 'GET', body: Buffer.alloc(0) }, headers)).lane).to.equal('session');
      expect((await go({ method: 'DELETE', body: Buffer.alloc(0) }, headers)).lane).to.equal('close');
    });

    it('of a session goes on at a backend or replica that drains; nothing new starts there', async () => {
      const headers = { 'mcp-session-id': seal({ backend: 'leaving', endpoint: 'leaving-0', incarnation: 'one' }) };
      expect((await go({ path: '/leaving/mcp' }, headers)).lane).to.equal('session');
      expect(await gist(request({ path: '/leaving/mcp', body: json(INITIALIZE) }))).to.deep.equal([
        'unknown-backend',
        404,
        -32012,
        7,
      ]);
    });

    it('of a modern request takes no notice of a session', async () => {
      const _meta = {
        'io.modelcontextprotocol/protocolVersion': '2026-07-28',
        'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
        'io.modelcontextprotocol/clientCapabilities': {},
      };
      const body = json({ ...BODY, params: { _meta } });
      const headers = {
        'mcp-protocol-version': '2026-07-28',
        'mcp-method': 'tools/list',
        'mcp-session-id': 'whatever',
      };
      expect(await go({ body }, headers)).to.include({ lane: 'stateless', session: undefined });
    });

    it('knows no session that is not this one of this caller, and all refusals look alike', async () => {
      const token32 = Buffer.alloc(64, 1).toString('base64url');
      const ended = seal({ serverSessionId: 'ended' });
      const opened = services.sessions.open(ended);
      policy = { ...policy, endedSessions: new Map([[opened?.fingerprint ?? '', NOW_SECONDS + 9]]) };
      services = { ...services, policy };
      const cases: Record<string, string> = {
        empty: '',
        unknown: 'x',
        altered: token32,
        'of another key': sealSession({ ...(opened?.session as Session), serverSessionId: 'y' }, keysOf(2)),
        'of another caller': seal({ principal: hashPrincipal(issuer.url, 'bob') }),
        'of another tenant': seal({ tenant: 'blue' }),
        'of another backend': seal({ backend: 'b' }),
        'of an endpoint that is gone': seal({ endpoint: 'a-9' }),
        'of a process that was restarted': seal({ incarnation: 'before' }),
        'at the end of its life': seal({ issuedAtSeconds: NOW_SECONDS - 3600 }),
        ended,
      };
      const denials = await Promise.all(
        Object.values(cases).map((sealed) => denialOf(request({}, { 'mcp-session-id': sealed }))),
      );
      for (const [index, name] of Object.keys(cases).entries()) {
        expect(denials[index], name).to.deep.equal({ ...deny('unknown-session'), id: 7 });
      }
    });

    it('knows no session where the backend keeps none', async () => {
      const sealed = seal({ backend: 'none', endpoint: 'none-1' });
      expect(await gist(request({ path: '/none/mcp' }, { 'mcp-session-id': sealed }))).to.deep.equal([
        'unknown-session',
        404,
        -32001,
        7,
      ]);
    });
  });

  describe('policy and quota', () => {
    it('have the last say, in their order', async () => {
      const asked: string[] = [];
      services = {
        ...services,
        admission: [
          ({ tenant, backend, message }) => {
            asked.push(`${tenant.name} ${backend.name} ${message.methods.join()}`);
            return undefined;
          },
          () => Promise.resolve(deny('forbidden')),
          () => {
            asked.push('never');
            return undefined;
          },
        ],
      };
      expect(await gist(request())).to.deep.equal(['forbidden', 403, -32011, 7]);
      expect(asked).to.deep.equal(['red a tools/list']);
    });
  });
});
