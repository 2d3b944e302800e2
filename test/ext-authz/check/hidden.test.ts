import { expect } from 'chai';
import fc from 'fast-check';
import { pickInputs } from '../../../core/lane/inputs.ts';
import type { Policy, PolicyBackend } from '../../../core/policy/policy.ts';
import { check } from '../../../ext-authz/check/check.ts';
import { encodeVerdict } from '../../../ext-authz/encode.ts';
import { authorizationService } from '../../../protos/load.ts';
import { policyBackend } from '../policy.ts';
import { fixedServices, sealedAt } from '../responses-set-up.ts';
import { anyText, bodies, option, otherHeaders } from './arbitrary.ts';

const { Check } = authorizationService();
/** A member of the tenant `red` without the role `lead`. */
const AUTHORIZATION = 'Bearer red.red.red';

describe('ext-authz/check, a backend that the caller may not use', function () {
  this.timeout(120_000);
  const services = fixedServices();
  const policy = services.policy as Policy;

  const secret = policyBackend('secret');
  const endpoints = fc.constantFrom(secret.endpoints, []);
  const backends: fc.Arbitrary<PolicyBackend> = fc
    .record({
      affinity: fc.constantFrom('session', 'none'),
      affinityHeader: fc.constantFrom(undefined, 'mcp-param-region'),
      scopes: fc.constantFrom([], [{ tools: undefined, need: ['write'] }]),
      filters: fc.constantFrom({}, { tools: { allow: ['x'], deny: [] } }),
      credential: fc.constantFrom(undefined, 'missing', { name: 'authorization', value: 'Bearer ours' }),
      draining: fc.boolean(),
      endpoints,
      closedBy: fc.constantFrom({ tenants: ['blue'] }, { tenants: [] }, { roles: ['lead'] }),
    })
    .map(({ closedBy, ...more }) => policyBackend('secret', { ...more, ...closedBy } as Partial<PolicyBackend>));
  const requests = fc.record({
    method: fc.oneof({ weight: 6, arbitrary: fc.constantFrom('POST', 'GET', 'DELETE') }, anyText),
    path: fc.constantFrom('/secret/mcp', '/secret/mcp?x=1', '/secret/sse', '/secret', '/secret/mcp?access_token=x'),
    body: fc.oneof(fc.constant(Buffer.alloc(0)), bodies),
    headers: otherHeaders,
    session: option(fc.oneof(fc.constant(sealedAt('secret')), anyText)),
    authorization: fc.oneof({ weight: 8, arbitrary: fc.constant(AUTHORIZATION) }, option(anyText)),
    region: option(anyText),
  });

  it('gets the same bytes in response as one that does not exist, whatever is sent', async () => {
    const reasons = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(requests, backends, async ({ method, path, body, headers, ...more }, hidden) => {
        const all = {
          ...headers,
          authorization: more.authorization,
          'mcp-session-id': more.session,
          'mcp-param-region': more.region,
        };
        const sent = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined);
        const request = { method, path, host: 'localhost:1', body, ...pickInputs(Object.fromEntries(sent)) };
        const responseWith = async (known: ReadonlyMap<string, PolicyBackend>) => {
          const verdict = await check(request, { ...services, policy: { ...policy, backends: known } });
          expect(verdict.outcome.kind).to.equal('deny');
          if (verdict.outcome.kind === 'deny')
            reasons.set(verdict.outcome.reason, (reasons.get(verdict.outcome.reason) ?? 0) + 1);
          return Check.responseSerialize(encodeVerdict(verdict));
        };
        const existing = await responseWith(new Map([...policy.backends, ['secret', hidden]]));
        const missing = await responseWith(policy.backends);
        expect(existing.equals(missing), `${existing.toString()}\n${missing.toString()}`).to.equal(true);
      }),
      { numRuns: 5_000 },
    );
    // Some requests reached the backend step, and others were denied because of their message.
    for (const reason of ['unknown-backend', 'bad-request', 'parse-error', 'unsupported-media-type']) {
      expect(reasons.get(reason) ?? 0, reason).to.be.greaterThan(100);
    }
  });

  it('differs from one that the caller may use, so the comparison above can fail', async () => {
    const open = new Map([...policy.backends, ['secret', policyBackend('secret', { credential: 'missing' })]]);
    const body = Buffer.from('{"jsonrpc":"2.0","id":1,"method":"ping"}');
    const sent = pickInputs({ authorization: AUTHORIZATION, 'content-type': 'application/json' });
    const request = { method: 'POST', path: '/secret/mcp', host: 'localhost:1', body, ...sent };
    const { outcome } = await check(request, { ...services, policy: { ...policy, backends: open } });
    expect(outcome).to.include({ kind: 'deny', reason: 'unavailable' });
  });
});
