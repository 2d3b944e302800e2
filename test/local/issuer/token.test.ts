import { expect } from 'chai';
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { UserError } from '../../../core/errors.ts';
import { type DevelopmentTokenOptions, issueDevelopmentToken } from '../../../local/issuer/token.ts';
import { startIssuer, temporaryState } from './harness.ts';

const AUDIENCE = 'http://127.0.0.1:8080';
const NOW_MS = 1_900_000_000_500;

async function userErrorOf(run: Promise<unknown>): Promise<UserError> {
  try {
    await run;
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error('the promise was fulfilled');
}

describe('issueDevelopmentToken', () => {
  let state: Awaited<ReturnType<typeof temporaryState>>;
  beforeEach(async () => {
    state = await temporaryState();
  });
  afterEach(() => state.remove());

  function issue(changes: Partial<DevelopmentTokenOptions> = {}): Promise<string> {
    return issueDevelopmentToken({ stateDir: state.stateDir, audience: AUDIENCE, ttlSeconds: 60, ...changes });
  }

  it('signs a token like the running issuer, verifiable with its published keys', async () => {
    const running = await startIssuer(state.stateDir, () => [AUDIENCE]);
    try {
      const keySet = createRemoteJWKSet(new URL(`${running.issuer}/jwks`));
      const checks = { issuer: running.issuer, audience: AUDIENCE, typ: 'at+jwt', algorithms: ['RS256'] };
      const { payload, protectedHeader } = await jwtVerify(await issue(), keySet, checks);
      expect(payload).to.include({ sub: 'developer', tenant: 'engineering', scope: 'mcp' });
      expect(payload).to.include.all.keys('iss', 'aud', 'exp', 'iat', 'jti', 'client_id');
      expect(protectedHeader).to.include({ alg: 'RS256', typ: 'at+jwt' });
      expect(protectedHeader.kid).to.be.a('string');
    } finally {
      await running.stop();
    }
  });

  it('has the given subject, tenant and lifetime, and a unique id', async () => {
    const running = await startIssuer(state.stateDir, () => [AUDIENCE]);
    await running.stop();
    const token = await issue({ subject: 'alice', tenant: 'sales', ttlSeconds: 90, now: () => NOW_MS });
    expect(decodeJwt(token)).to.include({ sub: 'alice', tenant: 'sales', iat: 1_900_000_000, exp: 1_900_000_090 });
    expect(decodeJwt(await issue()).jti).not.to.equal(decodeJwt(await issue()).jti);
  });

  it('has the given roles, groups and scopes, and no claims for empty ones', async () => {
    const running = await startIssuer(state.stateDir, () => [AUDIENCE]);
    await running.stop();
    const claims = decodeJwt(
      await issue({ roles: ['auditor', 'mcp.admin'], groups: ['/red'], scopes: ['mcp', 'a:b'] }),
    );
    expect(claims).to.deep.include({ roles: ['auditor', 'mcp.admin'], groups: ['/red'], scope: 'mcp a:b' });
    expect(decodeJwt(await issue())).not.to.have.any.keys('roles', 'groups');
  });

  it('signs with the same key after a restart', async () => {
    await (await startIssuer(state.stateDir, () => [AUDIENCE])).stop();
    const before = decodeProtectedHeader(await issue()).kid;
    await (await startIssuer(state.stateDir, () => [AUDIENCE])).stop();
    expect(decodeProtectedHeader(await issue()).kid).to.equal(before);
  });

  it('hints how to start the gateway if no issuer was started in the folder', async () => {
    const error = await userErrorOf(issue());
    expect(error.code).to.equal('not-running');
    expect(error.hint).to.include(`mcp-gateway up --state-dir ${state.stateDir}`);
  });

  it('rejects roles, groups and scopes that no document can name', async () => {
    for (const changes of [{ roles: [''] }, { roles: ['a b'] }, { groups: ['eng', ''] }, { scopes: ['mcp', 'a b'] }]) {
      expect((await userErrorOf(issue(changes))).code, JSON.stringify(changes)).to.equal('usage');
    }
    expect((await userErrorOf(issue({ scopes: ['"'] }))).hint).to.match(/^It must be a scope: visible ASCII/);
  });

  it('rejects an invalid subject or tenant', async () => {
    for (const changes of [{ subject: '' }, { subject: 'a b' }, { subject: 'x'.repeat(65) }, { tenant: '' }]) {
      expect((await userErrorOf(issue(changes))).code, JSON.stringify(changes)).to.equal('usage');
    }
  });
});
