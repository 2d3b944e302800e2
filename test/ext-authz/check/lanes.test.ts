import { expect } from 'chai';
import { hashPrincipal } from '../../../core/identity/principal.ts';
import { deny } from '../../../core/mcp/denial.ts';
import { ownerOf } from '../../../core/session/ended-record.ts';
import { sealSession } from '../../../core/session/seal.ts';
import { type Session, sessionFingerprint } from '../../../core/session/session.ts';
import type { HttpRequest } from '../../../ext-authz/check/request.ts';
import { SessionOpener } from '../../../ext-authz/check/session-opener.ts';
import { keysOf } from '../../core/session/arbitrary.ts';
import { NOW_SECONDS } from '../local-issuer.ts';
import { policyBackend } from '../policy.ts';
import { BODY, CheckHarness, INITIALIZE, json, KEYS } from './harness.ts';

describe('ext-authz/check, lanes', () => {
  let harness: CheckHarness;

  beforeEach(async () => {
    harness = await CheckHarness.start([
      policyBackend('a'),
      policyBackend('b', { path: '/x/y' }),
      policyBackend('none', { affinity: 'none' }),
      policyBackend('by-header', { affinityHeader: 'mcp-param-region' }),
      policyBackend('leaving', { draining: true }),
      policyBackend('hiding', { filters: { tools: { allow: undefined, deny: ['x'] } } }),
    ]);
  });
  afterEach(() => harness.stop());

  const go = async (more: Partial<HttpRequest>, headers = {}) => await harness.allowed(harness.request(more, headers));
  const principal = () => hashPrincipal(harness.issuer.url, 'alice').toString('base64url');

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
      upstreamHeaders: [],
    });
    const path = '/by-header/mcp';
    expect((await go({ path }, { 'mcp-param-region': 'eu' })).affinity).to.equal('eu');
    expect((await go({ path })).affinity).to.equal(principal());
  });

  it('of a session is the replica that holds it', async () => {
    const sealed = harness.seal();
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
        owner: ownerOf(opened.session),
        issuedAtSeconds: NOW_SECONDS - 10,
        expiresAtSeconds: NOW_SECONDS + 3590,
        incarnation: 'two',
      },
    });
  });

  it('of GET is the same, of DELETE is close', async () => {
    const headers = { 'mcp-session-id': harness.seal(), 'content-type': undefined };
    expect((await go({ method: 'GET', body: Buffer.alloc(0) }, headers)).lane).to.equal('session');
    expect((await go({ method: 'DELETE', body: Buffer.alloc(0) }, headers)).lane).to.equal('close');
  });

  it('of a session continues at a draining backend; nothing new starts there', async () => {
    const headers = {
      'mcp-session-id': harness.seal({ backend: 'leaving', endpoint: 'leaving-0', incarnation: 'one' }),
    };
    expect((await go({ path: '/leaving/mcp' }, headers)).lane).to.equal('session');
    expect(await harness.gist(harness.request({ path: '/leaving/mcp', body: json(INITIALIZE) }))).to.deep.equal([
      'unknown-backend',
      404,
      -32012,
      7,
    ]);
  });

  it('of a modern request ignores a session id', async () => {
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

  it('needs a session of this caller at this backend; all denials are the same', async () => {
    const token32 = Buffer.alloc(64, 1).toString('base64url');
    const ended = harness.seal({ serverSessionId: 'ended' });
    const opened = harness.services.sessions.open(ended);
    harness.usePolicy({ endedSessions: { has: ({ fingerprint }) => fingerprint === opened?.ref.fingerprint } });
    const cases: Record<string, string> = {
      empty: '',
      unknown: 'x',
      altered: token32,
      'of another key': sealSession({ ...(opened?.session as Session), serverSessionId: 'y' }, keysOf(2)),
      'of another caller': harness.seal({ principal: hashPrincipal(harness.issuer.url, 'bob') }),
      'of another tenant': harness.seal({ tenant: 'blue' }),
      'of another backend': harness.seal({ backend: 'b' }),
      'of an endpoint that is gone': harness.seal({ endpoint: 'a-9' }),
      'of a process that was restarted': harness.seal({ incarnation: 'before' }),
      'at the end of its life': harness.seal({ issuedAtSeconds: NOW_SECONDS - 3600 }),
      ended,
    };
    const denials = await Promise.all(
      Object.values(cases).map((sealed) => harness.denial(harness.request({}, { 'mcp-session-id': sealed }))),
    );
    for (const [index, name] of Object.keys(cases).entries()) {
      expect(denials[index], name).to.deep.equal({ ...deny('unknown-session'), id: 7 });
    }
  });

  it('has no session at a backend without sessions', async () => {
    const sealed = harness.seal({ backend: 'none', endpoint: 'none-1' });
    expect(await harness.gist(harness.request({ path: '/none/mcp' }, { 'mcp-session-id': sealed }))).to.deep.equal([
      'unknown-session',
      404,
      -32001,
      7,
    ]);
  });

  it('of lists and streams is filtered if anything is hidden from the caller, and all other responses but plain JSON', async () => {
    const path = '/hiding/mcp';
    const session = { 'mcp-session-id': harness.seal({ backend: 'hiding', endpoint: 'hiding-1' }) };
    const laneOf = async (more: Partial<HttpRequest>, headers = {}) => (await go({ path, ...more }, headers)).lane;
    const call = json({ ...BODY, method: 'tools/call', params: { name: 'y' } });
    expect(await laneOf({})).to.equal('stateless-filtered');
    expect(await laneOf({}, session)).to.equal('session-filtered');
    expect(await laneOf({ method: 'GET', body: Buffer.alloc(0) }, session)).to.equal('session-filtered');
    expect(await laneOf({ body: json([{ ...BODY, method: 'ping' }, BODY]) }, session)).to.equal('session-filtered');
    expect(await laneOf({ body: call }, session)).to.equal('session-guarded');
    expect(await laneOf({ body: call })).to.equal('stateless-guarded');
    const notification = json({ jsonrpc: '2.0', method: 'notifications/initialized' });
    expect(await laneOf({ body: notification }, session)).to.equal('session-filtered');
    expect(await laneOf({ body: json([{ ...BODY, method: 'ping' }]) })).to.equal('stateless-filtered');
    expect((await go({ body: call })).lane).to.equal('stateless');
    expect(await laneOf({ body: json(INITIALIZE) })).to.equal('open');
    expect(await laneOf({ method: 'DELETE', body: Buffer.alloc(0) }, session)).to.equal('close');
  });

  it('of lists is filtered for all callers once anything is hidden from any, so that they are not cached for all', async () => {
    const { settings } = harness.policy;
    const rules = [{ backends: ['a'], roles: ['auditor'], filters: { tools: { allow: undefined, deny: ['x'] } } }];
    const tenants = settings.tenants.map((tenant) => (tenant.name === 'blue' ? { ...tenant, rules } : tenant));
    expect((await go({})).lane).to.equal('stateless');
    harness.usePolicy({ settings: { ...settings, tenants } });
    expect((await go({})).lane).to.equal('stateless-filtered');
    expect((await go({ path: '/b/mcp' })).lane).to.equal('stateless');
    const session = { 'mcp-session-id': harness.seal() };
    expect((await go({ method: 'GET', body: Buffer.alloc(0) }, session)).lane).to.equal('session');
  });
});
