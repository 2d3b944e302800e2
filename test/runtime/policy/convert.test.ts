import { expect } from 'chai';
import { issuerSchema } from '../../../core/identity/issuer.ts';
import { quotaSchema } from '../../../core/quota/quota.ts';
import { packEnded } from '../../../core/session/ended-record.ts';
import type { RuleClaim } from '../../../core/tenants/claim-rule.ts';
import type { Tenant } from '../../../core/tenants/tenants.ts';
import type { Backend } from '../../../protos/gen/mcp_gateway/v1/Backend.ts';
import type { EndSessionRequest__Output } from '../../../protos/gen/mcp_gateway/v1/EndSessionRequest.ts';
import type { PolicyUpdate } from '../../../protos/gen/mcp_gateway/v1/PolicyUpdate.ts';
import { policyService } from '../../../protos/load.ts';
import { applyUpdate } from '../../../runtime/policy/apply.ts';
import { backendToProto } from '../../../runtime/policy/convert.ts';
import { sessionFromProto, sessionToProto } from '../../../runtime/policy/convert-session.ts';
import { settingsToProto } from '../../../runtime/policy/convert-settings.ts';
import { endedOf } from '../../core/session/arbitrary.ts';
import { policyBackend, policyOf } from '../../ext-authz/policy.ts';

const { settings, endedSessions: ENDED } = policyOf('https://i.example', []);
const { responseSerialize, responseDeserialize } = policyService().Subscribe;

/** An update as a subscriber receives it. */
const received = (update: PolicyUpdate) => responseDeserialize(responseSerialize(update));

const snapshot = (backends: Backend[]) =>
  received({ version: 1, snapshot: true, settings: settingsToProto(settings), backends });

describe('runtime/policy', () => {
  it('is received as it was sent', () => {
    const backends = [
      policyBackend('a'),
      policyBackend('b', {
        affinity: 'none',
        affinityHeader: 'mcp-param-x',
        tenants: ['red'],
        draining: true,
        path: '/',
        endpoints: [],
      }),
      policyBackend('nobody', { tenants: [] }),
      policyBackend('guarded', {
        roles: ['auditor'],
        scopes: [
          { tools: undefined, need: ['mcp'] },
          { tools: ['drop_*'], need: ['write', 'admin'] },
        ],
        filters: { tools: { allow: [], deny: ['x'] }, resources: { allow: undefined, deny: ['y'] } },
        credential: { name: 'x-api-key', value: 'secret' },
        identityHeaders: ['subject', 'roles'],
        bridged: true,
      }),
      policyBackend('locked', { credential: 'missing' }),
    ];
    const policy = applyUpdate(undefined, snapshot(backends.map(backendToProto)), ENDED);
    expect(policy).to.deep.equal(policyOf('https://i.example', backends));
  });

  it('is received with issuers and tenants of every kind', () => {
    const issuer = 'https://i.example';
    const issuers = [
      { url: issuer },
      {
        url: `${issuer}/two`,
        discoveryUrl: 'https://other.example/conf',
        audiences: ['a'],
        algorithms: ['ES256'],
        clockSkewSeconds: 0,
        scopePrefix: 'api://x/',
        claims: { subject: 'oid', tenant: 'tid', groups: ['a', 'b'], roles: 'r', scopes: 's' },
      },
    ].map((one) => issuerSchema.parse(one));
    const rule = (claim: RuleClaim) => ({ issuer, claim, values: ['x', 'y'] });
    const tenants: Tenant[] = [
      {
        name: 'all',
        match: [rule('tenant'), rule('groups'), rule('roles'), rule(['a', 'b']), { ...rule(['c']), issuer: undefined }],
        backends: ['*'],
        roles: [
          { name: 'held', match: undefined },
          { name: 'given', match: [rule('groups')] },
        ],
        rules: [
          { backends: undefined, roles: undefined, filters: { prompts: { allow: ['a'], deny: [] } } },
          { backends: ['a'], roles: ['held'], filters: { tools: { allow: undefined, deny: ['b'] } } },
        ],
        quota: quotaSchema.parse({
          ...{ requests: 1_000, per: 'hour', burst: 5, dryRun: true, free: ['x'] },
          users: { requests: 1, per: 'day' },
          backends: { a: { requests: 2, per: 'minute' } },
          rules: [{ name: 'r', tools: ['t'], requests: 3, per: 'second', each: 'user' }],
          costs: [{ methods: ['m'], backends: ['a'], cost: 0 }],
          topUps: [{ requests: 4, until: '2026-11-22T21:00:00.5Z' }],
        }),
      },
    ];
    const auditLog = { denyOnFailure: true, maxFileBytes: 2 ** 40, maxFiles: 3, anonymousPerSecond: 7 };
    const sent = { ...settings, issuers, tenants, scopes: ['a', 'b'], audit: 'denied' as const, auditLog };
    const update = received({ version: 1, snapshot: true, settings: settingsToProto(sent) });
    expect(applyUpdate(undefined, update, ENDED)?.settings).to.deep.equal(sent);
  });

  it('applies changes, and keeps the rest', () => {
    const before = applyUpdate(
      undefined,
      snapshot([policyBackend('a'), policyBackend('b'), policyBackend('c')].map(backendToProto)),
      ENDED,
    );
    const update = received({
      version: 2,
      backends: [backendToProto(policyBackend('b', { path: '/new' }))],
      removedBackends: ['c'],
    });
    const after = applyUpdate(before, update, ENDED);
    expect([...(after?.backends ?? [])].map(([name, { path }]) => [name, path])).to.deep.equal([
      ['a', '/mcp'],
      ['b', '/new'],
    ]);
    expect(after?.backends.get('a')).to.equal(before?.backends.get('a'));
    expect(after?.settings).to.equal(before?.settings);
    expect(before?.backends.size).to.equal(3);
  });

  it('is replaced by a snapshot, except for the ended sessions', () => {
    const before = applyUpdate(undefined, snapshot([backendToProto(policyBackend('a'))]), ENDED);
    const after = applyUpdate(before, snapshot([backendToProto(policyBackend('b'))]), ENDED);
    expect([...(after?.backends.keys() ?? [])]).to.deep.equal(['b']);
    expect(after?.endedSessions).to.equal(ENDED);
  });

  it('is the same after an update that has nothing but ended sessions', () => {
    const before = applyUpdate(undefined, snapshot([backendToProto(policyBackend('a'))]), ENDED);
    const update = received({ version: 3, endedSessions: packEnded(endedOf('f', 100)) });
    expect(applyUpdate(before, update, ENDED)).to.equal(before);
    expect(applyUpdate(undefined, update, ENDED)).to.equal(undefined);
  });

  it('has ended sessions that are sent without loss', () => {
    const session = endedOf('f', 100);
    expect(sessionFromProto(sessionToProto(session) as EndSessionRequest__Output)).to.deep.equal(session);
  });

  it('is undefined before the first settings', () => {
    expect(
      applyUpdate(undefined, received({ version: 1, backends: [backendToProto(policyBackend('a'))] }), ENDED),
    ).to.equal(undefined);
  });
});
