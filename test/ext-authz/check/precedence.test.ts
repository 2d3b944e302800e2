import { expect } from 'chai';
import { deny } from '../../../core/mcp/denial.ts';
import type { Policy, PolicyBackend } from '../../../core/policy/policy.ts';
import { type CheckServices, check } from '../../../ext-authz/check/check.ts';
import type { HttpRequest } from '../../../ext-authz/check/request.ts';
import { policyBackend } from '../policy.ts';
import { fixedServices, requestOf, type SentHeaders, sealedAt } from '../responses-set-up.ts';

/** A fault of a request or of its backend. No two faults change the same part, so all can be combined. */
interface Fault {
  reason: string;
  request?: Partial<HttpRequest>;
  headers?: SentHeaders;
  backend?: Partial<PolicyBackend>;
  services?: Partial<CheckServices>;
}

/** In the order of the check: of two faults, the denial is about the one that comes first here. */
const FAULTS: Readonly<Record<string, Fault>> = {
  'no policy': { reason: 'unavailable', services: { policy: undefined } },
  host: { reason: 'forbidden-edge', request: { host: 'evil.example' } },
  path: { reason: 'old-transport', request: { path: '/a/sse?access_token=x' } },
  method: { reason: 'method-not-allowed', request: { method: 'PUT' } },
  token: { reason: 'unauthenticated', headers: { authorization: undefined } },
  tenant: { reason: 'no-tenant', headers: { 'x-tenant': 'blue' } },
  message: { reason: 'unsupported-media-type', headers: { 'content-type': 'text/plain' } },
  backend: { reason: 'unknown-backend', backend: { tenants: ['blue'] } },
  tool: { reason: 'forbidden', backend: { filters: { tools: { allow: [], deny: [] } } } },
  scope: { reason: 'insufficient-scope', backend: { scopes: [{ tools: undefined, need: ['write'] }] } },
  session: { reason: 'unknown-session', headers: { 'mcp-session-id': 'x' } },
  credential: { reason: 'unavailable', backend: { credential: 'missing' } },
  quota: { reason: 'quota', services: { admission: [() => ({ admitted: false, denial: deny('quota') })] } },
};

async function reasonOf(...faults: readonly Fault[]): Promise<string> {
  const parts = <T>(part: (fault: Fault) => T | undefined) => Object.assign({}, ...faults.map(part)) as T;
  const services = fixedServices();
  const backend = policyBackend(
    'a',
    parts(({ backend }) => backend),
  );
  const policy: Policy = { ...(services.policy as Policy), backends: new Map([['a', backend]]) };
  const request = requestOf(
    parts((fault) => fault.request),
    parts((fault) => fault.headers),
  );
  const { outcome } = await check(request, { ...services, policy, ...parts((fault) => fault.services) });
  return outcome.kind === 'deny' ? outcome.reason : outcome.kind;
}

describe('ext-authz/check, of two faults', () => {
  const names = Object.keys(FAULTS);
  const fault = (name: string) => FAULTS[name] as Fault;

  it('a valid request has none', async () => expect(await reasonOf()).to.equal('allow'));

  for (const [index, first] of names.entries()) {
    it(`${first} alone gives its own denial, and wins over ${names.slice(index + 1).join(', ') || 'nothing'}`, async () => {
      const { reason } = fault(first);
      expect(await reasonOf(fault(first))).to.equal(reason);
      for (const later of names.slice(index + 1)) {
        expect(await reasonOf(fault(later), fault(first)), `${first} and ${later}`).to.equal(reason);
      }
    });
  }

  it('all faults together are answered like the first', async () => {
    expect(await reasonOf(...Object.values(FAULTS).slice(1))).to.equal('forbidden-edge');
  });

  it('a draining backend is found with the session: after policy, before the credential', async () => {
    const draining: Fault = { reason: 'unknown-backend', backend: { draining: true } };
    expect(await reasonOf(draining, fault('tool'))).to.equal('forbidden');
    expect(await reasonOf(draining, fault('credential'))).to.equal('unknown-backend');
    const inSession: Fault = { reason: '', headers: { 'mcp-session-id': sealedAt('a') } };
    expect(await reasonOf(draining, inSession)).to.equal('allow');
  });
});
