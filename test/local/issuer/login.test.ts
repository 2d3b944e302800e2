import { auth } from '@modelcontextprotocol/sdk/client/auth.js';
import { expect } from 'chai';
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import type { DevelopmentIssuer } from '../../../local/issuer/issuer.ts';
import { completeLogin } from '../../support/login.ts';
import { MemoryOAuthClient, startIssuer, startResourceMetadata, temporaryState } from './harness.ts';

describe('development issuer: login with the official SDK client', () => {
  let state: Awaited<ReturnType<typeof temporaryState>>;
  let gateway: Awaited<ReturnType<typeof startResourceMetadata>>;
  let running: DevelopmentIssuer;
  let backend: string;

  beforeEach(async () => {
    state = await temporaryState();
    gateway = await startResourceMetadata(() => running.issuer);
    backend = `${gateway.root}/everything/mcp`;
    running = await startIssuer(state.stateDir, () => [gateway.root, backend]);
  });

  afterEach(async () => {
    await running.stop();
    await gateway.stop();
    await state.remove();
  });

  /** Performs the whole login. The client then has the tokens. */
  async function logIn(client: MemoryOAuthClient, serverUrl: string, subject?: string): Promise<void> {
    expect(await auth(client, { serverUrl })).to.equal('REDIRECT');
    if (client.authorizationUrl === undefined) throw new Error('no authorization URL');
    const redirect = await completeLogin(client.authorizationUrl, subject === undefined ? {} : { subject });
    expect(redirect.href).to.match(new RegExp(`^${client.redirectUrl}\\?`));
    expect(redirect.searchParams.get('iss')).to.equal(running.issuer);
    const code = redirect.searchParams.get('code');
    if (code === null) throw new Error(`no code: ${redirect.href}`);
    expect(await auth(client, { serverUrl, authorizationCode: code })).to.equal('AUTHORIZED');
  }

  async function verify(token: string | undefined, audience: string) {
    if (token === undefined) throw new Error('no access token');
    const keySet = createRemoteJWKSet(new URL(`${running.issuer}/jwks`));
    return jwtVerify(token, keySet, { issuer: running.issuer, audience, typ: 'at+jwt', algorithms: ['RS256'] });
  }

  it('discovers, registers, signs in with PKCE and gets a token for the requested backend', async () => {
    const client = new MemoryOAuthClient();
    await logIn(client, backend);
    const { payload, protectedHeader } = await verify(client.current?.access_token, backend);
    expect(payload).to.include({ sub: 'developer', tenant: 'engineering', scope: 'mcp', aud: backend });
    expect(payload.client_id).to.equal(client.client?.client_id);
    expect(payload.jti).to.be.a('string');
    expect(Number(payload.exp) - Number(payload.iat)).to.equal(3600);
    expect(protectedHeader.kid).to.be.a('string');
  });

  it('signs in as the subject of the form', async () => {
    const client = new MemoryOAuthClient();
    await logIn(client, backend, 'alice@example.com');
    const { payload } = await verify(client.current?.access_token, backend);
    expect(payload.sub).to.equal('alice@example.com');
  });

  it('issues a token for the root if the client requests the root', async () => {
    const client = new MemoryOAuthClient();
    await logIn(client, gateway.root);
    expect((await verify(client.current?.access_token, gateway.root)).payload.aud).to.equal(gateway.root);
  });

  it('refreshes, rotates the refresh token, and rejects a used one with all tokens derived from it', async () => {
    const client = new MemoryOAuthClient();
    await logIn(client, backend);
    const first = client.current;
    expect(first?.refresh_token).to.be.a('string');
    expect(await auth(client, { serverUrl: backend })).to.equal('AUTHORIZED');
    const second = client.current;
    expect(second?.access_token).not.to.equal(first?.access_token);
    expect(second?.refresh_token).not.to.equal(first?.refresh_token);
    expect((await verify(second?.access_token, backend)).payload).to.include({
      sub: 'developer',
      tenant: 'engineering',
    });

    expect((await refresh(client, first?.refresh_token)).error).to.equal('invalid_grant');
    expect((await refresh(client, second?.refresh_token)).error).to.equal('invalid_grant');
  });

  async function refresh(client: MemoryOAuthClient, token = ''): Promise<{ error?: string }> {
    const form = { grant_type: 'refresh_token', refresh_token: token, client_id: client.client?.client_id ?? '' };
    const response = await fetch(`${running.issuer}/token`, { method: 'POST', body: new URLSearchParams(form) });
    return (await response.json()) as { error?: string };
  }

  it('tells the client when the person cancels', async () => {
    const client = new MemoryOAuthClient();
    await auth(client, { serverUrl: backend });
    if (client.authorizationUrl === undefined) throw new Error('no authorization URL');
    const redirect = await completeLogin(client.authorizationUrl, { decision: 'deny' });
    expect(redirect.searchParams.get('error')).to.equal('access_denied');
    expect(redirect.searchParams.get('code')).to.equal(null);
  });

  it('keeps tokens and registrations over a restart, on the same port', async () => {
    const client = new MemoryOAuthClient();
    await logIn(client, backend);
    const token = client.current?.access_token;
    const { issuer } = running;
    await running.stop();
    running = await startIssuer(state.stateDir, () => [gateway.root, backend]);
    expect(running.issuer).to.equal(issuer);
    expect((await verify(token, backend)).payload.sub).to.equal('developer');

    const later = new MemoryOAuthClient();
    later.client = client.client;
    await logIn(later, backend);
    expect(decodeJwt(later.current?.access_token ?? '').client_id).to.equal(client.client?.client_id);
  });
});
