import { expect } from 'chai';
import { TokenVerifier } from '../../../ext-authz/identity/verify.ts';
import { capturedLog } from '../captured-log.ts';
import { startIssuer } from '../local-issuer.ts';
import { PUBLIC_URL, policyBackend, policyOf } from '../policy.ts';
import { CheckHarness } from './harness.ts';

describe('ext-authz/check, the caller', () => {
  let harness: CheckHarness;

  beforeEach(async () => {
    harness = await CheckHarness.start([
      policyBackend('a'),
      policyBackend('b'),
      policyBackend('blue-only', { tenants: ['blue'] }),
      policyBackend('audited', { roles: ['auditor'] }),
    ]);
  });
  afterEach(() => harness.stop());

  describe('token', () => {
    const challenge = `Bearer resource_metadata="${PUBLIC_URL}/.well-known/oauth-protected-resource/a/mcp", scope="mcp"`;

    it('is required, and the denial names the RFC 9728 metadata', async () => {
      const denial = await harness.denial(harness.request({}, { authorization: undefined }));
      expect([denial.reason, denial.status, denial.id]).to.deep.equal(['unauthenticated', 401, 7]);
      expect(denial.headers).to.deep.equal({ 'www-authenticate': challenge });
    });

    it('must be exactly one bearer token', async () => {
      const { token } = harness;
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
        const denial = await harness.denial(harness.request({}, { authorization }));
        expect(denial.reason, authorization).to.equal('invalid-token');
        expect(denial.headers['www-authenticate']).to.match(
          /^Bearer error="invalid_token", error_description="[^"]+", resource_metadata=/,
        );
      }
    });

    it('may have the scheme in any case', async () => {
      const { token } = harness;
      for (const scheme of ['bearer', 'BEARER']) {
        await harness.allowed(harness.request({}, { authorization: `${scheme} ${token}` }));
      }
    });

    it('cannot inject anything into the header of the denial', async () => {
      const evil = await harness.issuer.sign({ iss: 'https://e"\\\r\nx: y\u00e9' });
      const denial = await harness.denial(harness.request({}, { authorization: `Bearer ${evil}` }));
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
      it(`must be for this backend: aud ${JSON.stringify(audience)}`, async () => {
        const aud = typeof audience === 'object' ? [...audience] : audience;
        const authorization = `Bearer ${await harness.issuer.sign({ aud, team: 'red' })}`;
        const { outcome } = await harness.verdict(harness.request({}, { authorization }));
        expect(outcome.kind).to.equal(ok ? 'allow' : 'deny');
        if (outcome.kind === 'deny') expect(outcome.reason).to.equal('invalid-token');
      });
    }

    it('cannot be verified while the issuer is down: 503 and Retry-After', async () => {
      const down = await startIssuer();
      const foreign = await down.sign({ aud: PUBLIC_URL, team: 'red' });
      const issuers = policyOf(down.url, []).settings.issuers;
      await down.close();
      const verifier = new TokenVerifier({ issuers, log: capturedLog().log, now: harness.services.now });
      harness.services = { ...harness.services, verifier };
      const denial = await harness.denial(harness.request({}, { authorization: `Bearer ${foreign}` }));
      expect([denial.reason, denial.status, denial.headers]).to.deep.equal([
        'unavailable',
        503,
        { 'retry-after': '2' },
      ]);
    });

    it('with a trailing slash in the issuer gets a hint', async () => {
      const authorization = `Bearer ${await harness.issuer.sign({ iss: `${harness.issuer.url}/`, aud: PUBLIC_URL })}`;
      const denial = await harness.denial(harness.request({}, { authorization }));
      expect(denial.error.message).to.include('trailing slash');
    });
  });

  describe('tenant and backend', () => {
    const as = async (claims: Record<string, unknown>, path = '/a/mcp') => {
      const authorization = `Bearer ${await harness.issuer.sign({ aud: 'extra', ...claims })}`;
      return harness.gist(harness.request({ path }, { authorization }));
    };

    it('no tenant: 403 that names the claims that were checked', async () => {
      expect(await as({ team: 'green' })).to.deep.equal(['no-tenant', 403, -32011, 7]);
      const { error } = await harness.denial(await harness.requestAs({}));
      expect(error.message).to.match(/\bteam\b/);
    });

    it('no tenant for this issuer, or groups that the issuer left out: the message says so', async () => {
      const { settings } = harness.policy;
      const groups = [{ issuer: harness.issuer.url, claim: 'groups' as const, values: ['g'] }];
      const [first, ...others] = settings.tenants;
      if (first === undefined) throw new Error('no tenant');
      harness.usePolicy({ settings: { ...settings, tenants: [{ ...first, match: groups }, ...others] } });
      const overage = await harness.requestAs({ _claim_names: { groups: 'src1' } });
      expect((await harness.denial(overage)).error.message).to.match(/\bgroups\b/);
      harness.usePolicy({ settings: { ...settings, tenants: [{ ...first, match: [] }] } });
      const { error } = await harness.denial(await harness.requestAs({ team: 'red' }));
      expect(error.message).to.include(harness.issuer.url);
    });

    it('several tenants: 403 that names them, until X-Tenant chooses one of them', async () => {
      const claims = { team: ['red', 'blue'] };
      const { error, status } = await harness.denial(await harness.requestAs(claims));
      expect(status).to.equal(403);
      expect(error.message).to.match(/\bred, blue\b.*\bX-Tenant\b/);
      for (const tenant of ['red', 'blue']) {
        const { findings } = await harness.verdict(await harness.requestAs(claims, {}, { 'x-tenant': tenant }));
        expect(findings.membership?.tenant.name).to.equal(tenant);
      }
    });

    it('thousands of tenants: 403 that names some of them', async () => {
      const { settings } = harness.policy;
      const [first] = settings.tenants;
      if (first === undefined) throw new Error('no tenant');
      const tenants = Array.from({ length: 3_000 }, (_, index) => ({ ...first, name: `t-${index}` }));
      harness.usePolicy({ settings: { ...settings, tenants } });
      const { error } = await harness.denial(await harness.requestAs({ team: 'red' }));
      expect(error.message).to.match(/ t-19 and 2980 more\b/);
      expect(error.message).to.have.length.lessThan(500);
    });

    it('X-Tenant gives no access to another tenant, and does not reveal which exist', async () => {
      const denials = [];
      for (const tenant of ['blue', 'unknown', 'RED', '', 'red,red', 'red, blue']) {
        denials.push(await harness.denial(await harness.requestAs({ team: 'red' }, {}, { 'x-tenant': tenant })));
      }
      for (const denial of denials) expect(denial).to.deep.equal(denials[0]);
      expect(denials[0]?.status).to.equal(403);
      await harness.allowed(await harness.requestAs({ team: 'red' }, {}, { 'x-tenant': 'red' }));
    });

    it('a backend that needs a role looks missing without it', async () => {
      const path = '/audited/mcp';
      expect(await as({ team: 'red' }, path)).to.deep.equal(['unknown-backend', 404, -32012, 7]);
      await harness.allowed(await harness.requestAs({ team: 'red', roles: ['auditor'] }, { path }));
    });

    it('a backend that does not exist and one that the tenant may not use look alike', async () => {
      const missing = await harness.denial(harness.request({ path: '/missing/mcp' }));
      const notOurs = await harness.denial(harness.request({ path: '/blue-only/mcp' }));
      expect(missing).to.deep.equal(notOurs);
      expect(missing.status).to.equal(404);
      expect(await as({ team: 'blue' }, '/b/mcp')).to.deep.equal(['unknown-backend', 404, -32012, 7]);
      expect(await as({ team: 'blue' }, '/blue-only/mcp')).to.deep.equal(['unknown-backend', 404, -32012, 7]);
    });
  });
});
