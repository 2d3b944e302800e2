import { expect } from 'chai';
import { LANES } from '../../core/lane/lanes.ts';
import type { Policy, PolicySettings } from '../../core/policy/policy.ts';
import { auditRule } from '../../ext-authz/check/audit-rule.ts';
import type { CheckServices } from '../../ext-authz/check/check.ts';
import type { HttpRequest } from '../../ext-authz/check/request.ts';
import { readSources } from '../architecture/sources.ts';
import { expectGolden } from '../support/golden.ts';
import { fixedServices, quotaRule, requestOf, responseTo, type SentHeaders, sealedAt } from './responses-set-up.ts';

const ORIGIN = 'http://localhost:6274';
const EMPTY = Buffer.alloc(0);
const MODERN = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
};
const message = (method: string, params: object = {}, id: unknown = 7) =>
  Buffer.from(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
const call = (name: unknown) => message('tools/call', { name });
const inSession = (backend = 'a') => ({ 'mcp-session-id': sealedAt(backend) });
const large = Buffer.from('{"jsonrpc":"2.0","id":18446744073709551615,"method":"ping"}');

interface Case {
  request?: Partial<HttpRequest>;
  headers?: SentHeaders;
  services?: Partial<CheckServices>;
}

const ALLOWED: Readonly<Record<string, Case>> = {
  open: { request: { body: message('initialize', {}) } },
  session: { headers: inSession() },
  'session-stream': { request: { method: 'GET', body: EMPTY }, headers: inSession() },
  'session-guarded': { request: { path: '/hiding/mcp', body: call('shown') }, headers: inSession('hiding') },
  'session-filtered': {
    request: { path: '/hiding/mcp', body: message('tools/list') },
    headers: inSession('hiding'),
  },
  close: { request: { method: 'DELETE', body: EMPTY }, headers: inSession() },
  stateless: {},
  'stateless-by-header': { request: { path: '/by-header/mcp?q=1' }, headers: { 'mcp-param-region': 'eu' } },
  'stateless-modern': {
    request: { body: message('ping', { _meta: MODERN }, 'seven') },
    headers: { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'ping' },
  },
  'stateless-guarded': { request: { path: '/hiding/mcp', body: call('shown') } },
  'stateless-filtered': { request: { path: '/hiding/mcp', body: message('tools/list') } },
  'id-beyond-a-double': { request: { body: large } },
  notification: { request: { body: Buffer.from('{"jsonrpc":"2.0","method":"notifications/initialized"}') } },
  'to-a-page': { headers: { origin: ORIGIN } },
  'with-a-bearer-token-for-the-server': { request: { path: '/bearer/mcp' }, headers: inSession('bearer') },
  'with-another-credential-and-identity-headers': { request: { path: '/key/mcp' } },
  'with-a-quota': { services: { admission: [quotaRule({ requests: 10, per: 'hour' })] } },
  'with-a-slot': { services: { admission: [() => ({ admitted: true, headers: {}, slot: 'slot-1' })] } },
};

const DENIED: Readonly<Record<string, Case>> = {
  abandoned: { services: { isAbandoned: () => true } },
  'bad-request': { request: { path: '/a/mcp?access_token=x' } },
  'bad-request-headers-disagree': { headers: { 'mcp-method': 'ping' } },
  'bad-request-body': { request: { method: 'GET' } },
  'bad-request-nameless': { request: { path: '/hiding/mcp', body: call(5) } },
  'parse-error': { request: { body: Buffer.from('{') } },
  unauthenticated: { headers: { authorization: undefined } },
  'unauthenticated-page': { headers: { authorization: undefined, origin: ORIGIN } },
  'invalid-token': { headers: { authorization: 'Bearer old.old.old' } },
  'invalid-token-form': { headers: { authorization: 'Basic x' } },
  'invalid-token-audience': { headers: { authorization: 'Bearer other.other.other' } },
  'forbidden-edge': { request: { host: 'evil.example' } },
  'forbidden-edge-origin': { headers: { origin: 'http://evil.example' } },
  forbidden: { request: { path: '/hiding/mcp', body: call('drop') } },
  'insufficient-scope': { request: { path: '/scoped/mcp', body: call('delete_all') } },
  'no-tenant': { headers: { authorization: 'Bearer green.green.green' } },
  'no-tenant-left-out': { headers: { authorization: 'Bearer over.over.over' } },
  'no-tenant-chosen': { headers: { 'x-tenant': 'blue' } },
  'no-tenant-for-the-issuer': { services: { policy: withoutTenants() } },
  'no-tenant-several': { headers: { authorization: 'Bearer many.many.many' } },
  'unknown-backend': { request: { path: '/missing/mcp' } },
  'unknown-session': { headers: { 'mcp-session-id': 'x' } },
  'method-not-allowed': { request: { method: 'PUT' } },
  'old-transport': { request: { path: '/a/sse' } },
  'body-too-large': { request: { truncated: true } },
  'unsupported-media-type': { headers: { 'content-type': 'text/plain' } },
  quota: { services: { admission: [quotaRule({ requests: 1, per: 'hour', costs: [{ tools: ['*'], cost: 2 }] })] } },
  'not-audited': { services: { admission: [auditRule(withDenyOnFailure, () => true)] } },
  unavailable: { services: { policy: undefined } },
  'unavailable-issuer': { headers: { authorization: 'Bearer far.far.far' } },
  'unavailable-credential': { request: { path: '/locked/mcp' } },
};

const PREFLIGHT: Case = {
  request: { method: 'OPTIONS', body: EMPTY },
  headers: { authorization: undefined, origin: ORIGIN, 'access-control-request-method': 'POST' },
};

/** Settings that deny requests while the audit log cannot be written. */
function withDenyOnFailure(): PolicySettings | undefined {
  const { settings } = fixedServices().policy ?? {};
  return settings && { ...settings, audit: 'all', auditLog: { ...settings.auditLog, denyOnFailure: true } };
}

/** The policy with no tenant. */
function withoutTenants(): Policy {
  const { policy } = fixedServices();
  if (policy === undefined) throw new Error('no policy');
  return { ...policy, settings: { ...policy.settings, tenants: [] } };
}

/** Reasons of all denials that are made in ext-authz and in what it imports. */
function reasonsInSources(): string[] {
  const sources = new Map(readSources().map((source) => [source.path, source]));
  const reached = new Set([...sources.keys()].filter((path) => path.startsWith('ext-authz/')));
  for (const path of reached) for (const to of sources.get(path)?.runtimeImports ?? []) reached.add(to);
  const made = [...reached].flatMap((path) => [...(sources.get(path)?.text ?? '').matchAll(/\bdeny\('([a-z-]+)'/g)]);
  return [...new Set(made.map(([, reason = '']) => reason))].sort();
}

describe('ext-authz, responses to Envoy', () => {
  const go = ({ request, headers, services }: Case) =>
    responseTo(requestOf(request, headers), { ...fixedServices(), ...services });
  const lanes = new Set<string>();
  const reasons = new Set<string>();

  for (const [name, one] of Object.entries(ALLOWED)) {
    it(`allow: ${name}`, async () => {
      const { verdict, response } = await go(one);
      lanes.add(verdict.outcome.kind === 'allow' ? verdict.outcome.lane : 'not allowed');
      expectGolden(`check-responses/allow-${name}.json`, response);
    });
  }
  it('allow in every lane', () => expect([...lanes].sort()).to.deep.equal([...LANES].sort()));

  for (const [name, one] of Object.entries(DENIED)) {
    it(`deny: ${name}`, async () => {
      const { verdict, response } = await go(one);
      const reason = verdict.outcome.kind === 'deny' ? verdict.outcome.reason : 'not denied';
      reasons.add(reason);
      expect(name.startsWith(reason), reason).to.equal(true);
      expectGolden(`check-responses/deny-${name}.json`, response);
    });
  }
  it('deny for every reason that ext-authz gives', () => {
    expect([...reasons].sort()).to.deep.equal(reasonsInSources());
  });

  it('reply to a preflight', async () => {
    const { verdict, response } = await go(PREFLIGHT);
    expect(verdict.outcome.kind).to.equal('reply');
    expectGolden('check-responses/reply-preflight.json', response);
  });
});
