import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { decodeJwt } from 'jose';
import type { DevelopmentIssuer } from '../../../local/issuer/issuer.ts';
import { completeLogin } from '../../support/login.ts';
import { startIssuer, temporaryState } from './harness.ts';

const ROOT = 'http://127.0.0.1:8080';
const BACKEND = `${ROOT}/everything/mcp`;
const REDIRECT = 'http://127.0.0.1:6274/callback';
const VERIFIER = 'v'.repeat(43);
const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url');

describe('development issuer: protocol', () => {
  let state: Awaited<ReturnType<typeof temporaryState>>;
  let running: DevelopmentIssuer;
  let resources: string[];
  let scopes: string[];

  before(async () => {
    state = await temporaryState();
    running = await startIssuer(
      state.stateDir,
      () => resources,
      () => scopes,
    );
  });
  beforeEach(() => {
    resources = [ROOT, BACKEND];
    scopes = ['mcp', 'jira.write'];
  });
  after(async () => {
    await running.stop();
    await state.remove();
  });

  async function register(metadata: Record<string, unknown> = {}) {
    const response = await fetch(`${running.issuer}/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ redirect_uris: [REDIRECT], ...metadata }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }

  /** An authorization URL for a new client; `undefined` removes a parameter. */
  async function authorizationUrl(changes: Record<string, string | undefined> = {}): Promise<URL> {
    const url = new URL(`${running.issuer}/authorize`);
    const parameters = {
      client_id: String((await register()).body.client_id),
      response_type: 'code',
      redirect_uri: REDIRECT,
      code_challenge: CHALLENGE,
      code_challenge_method: 'S256',
      scope: 'mcp',
      resource: BACKEND,
      ...changes,
    };
    for (const [name, value] of Object.entries(parameters)) if (value !== undefined) url.searchParams.set(name, value);
    return url;
  }

  async function redeem(url: URL, redirect: URL, changes: Record<string, string> = {}) {
    const form = {
      grant_type: 'authorization_code',
      code: redirect.searchParams.get('code') ?? '',
      client_id: url.searchParams.get('client_id') ?? '',
      redirect_uri: url.searchParams.get('redirect_uri') ?? '',
      code_verifier: VERIFIER,
      ...changes,
    };
    const response = await fetch(`${running.issuer}/token`, { method: 'POST', body: new URLSearchParams(form) });
    return { status: response.status, body: (await response.json()) as Record<string, string> };
  }

  /** The error that the client gets without a login page. */
  async function errorOf(changes: Record<string, string | undefined>): Promise<string | null> {
    const response = await fetch(await authorizationUrl(changes), { redirect: 'manual' });
    const { search, hash } = new URL(response.headers.get('location') ?? '', running.issuer);
    return new URLSearchParams(search || hash.slice(1)).get('error');
  }

  it('serves the same discovery document at both paths', async () => {
    const [openid, oauth] = await Promise.all(
      ['openid-configuration', 'oauth-authorization-server'].map(async (name) => {
        const response = await fetch(`${running.issuer}/.well-known/${name}`);
        return (await response.json()) as Record<string, unknown>;
      }),
    );
    expect(openid).to.deep.equal(oauth);
    expect(openid).to.deep.include({
      issuer: running.issuer,
      authorization_endpoint: `${running.issuer}/authorize`,
      token_endpoint: `${running.issuer}/token`,
      registration_endpoint: `${running.issuer}/register`,
      jwks_uri: `${running.issuer}/jwks`,
      code_challenge_methods_supported: ['S256'],
      token_endpoint_auth_methods_supported: ['none'],
      response_types_supported: ['code'],
      scopes_supported: ['openid', 'offline_access', 'mcp'],
    });
    expect(openid?.grant_types_supported).to.have.members(['authorization_code', 'refresh_token']);
  });

  it('publishes an RS256 and an ES256 key without their private parts', async () => {
    const { keys } = (await (await fetch(`${running.issuer}/jwks`)).json()) as { keys: Array<Record<string, unknown>> };
    expect(keys.map(({ alg }) => alg)).to.have.members(['RS256', 'ES256']);
    for (const key of keys) expect(key).not.to.have.any.keys('d', 'p', 'q', 'dp', 'dq', 'qi');
  });

  it('stores keys and clients with mode 0600', async () => {
    await register();
    for (const name of ['keys.json', 'clients.json', 'issuer.json']) {
      expect((await stat(join(state.stateDir, 'issuer', name))).mode & 0o777, name).to.equal(0o600);
    }
    expect(JSON.parse(await readFile(join(state.stateDir, 'issuer', 'issuer.json'), 'utf8'))).to.deep.equal({
      issuer: running.issuer,
    });
  });

  describe('registration', () => {
    it('creates a public native client, whatever the registration requests', async () => {
      const { status, body } = await register({
        client_name: 'Editor',
        token_endpoint_auth_method: 'client_secret_basic',
        grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
        scope: 'mcp read:everything',
        jwks_uri: 'http://127.0.0.1:9/jwks',
      });
      expect(status).to.equal(201);
      expect(body).to.deep.include({
        client_name: 'Editor',
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code', 'refresh_token'],
      });
      expect(body).not.to.have.any.keys('client_secret', 'jwks_uri', 'scope');
    });

    for (const uri of [
      'http://127.0.0.1/cb',
      'http://localhost:6274/oauth/callback',
      'cursor://oauth',
      'https://vscode.dev/redirect',
    ]) {
      it(`accepts the redirect URI ${uri}`, async () => {
        expect((await register({ redirect_uris: [uri] })).status).to.equal(201);
      });
    }

    for (const uri of ['http://192.0.2.1/cb', 'javascript:alert(1)', 'http://localhost/#fragment']) {
      it(`rejects the redirect URI ${uri}`, async () => {
        expect((await register({ redirect_uris: [uri] })).body.error).to.match(
          /^invalid_(redirect_uri|client_metadata)$/,
        );
      });
    }
  });

  describe('authorization', () => {
    it('lets a native client use any port of its loopback redirect URI', async () => {
      const { body } = await register({ redirect_uris: ['http://localhost/cb'] });
      const url = await authorizationUrl({
        client_id: String(body.client_id),
        redirect_uri: 'http://localhost:53211/cb',
      });
      const redirect = await completeLogin(url);
      expect(redirect.origin).to.equal('http://localhost:53211');
      expect((await redeem(url, redirect)).status).to.equal(200);
    });

    it('does not send a code to a redirect URI that was not registered', async () => {
      const response = await fetch(await authorizationUrl({ redirect_uri: 'http://127.0.0.1:6274/elsewhere' }), {
        redirect: 'manual',
      });
      expect(response.status).to.equal(400);
      expect(response.headers.get('location')).to.equal(null);
      expect(response.headers.get('content-security-policy')).to.include("frame-ancestors 'none'");
    });

    it('shows a page with advice for an unknown client', async () => {
      const response = await fetch(await authorizationUrl({ client_id: '<b>nobody</b>' }), { redirect: 'manual' });
      expect(response.status).to.equal(400);
      const html = await response.text();
      expect(html).to.include('invalid_client').and.not.include('<b>nobody');
    });

    it('rejects a request without PKCE, with plain PKCE, or for the implicit flow', async () => {
      expect(await errorOf({ code_challenge: undefined, code_challenge_method: undefined })).to.equal(
        'invalid_request',
      );
      expect(await errorOf({ code_challenge: VERIFIER, code_challenge_method: 'plain' })).to.equal('invalid_request');
      expect(await errorOf({ response_type: 'token' })).to.equal('unsupported_response_type');
    });

    it('rejects a code that is redeemed with another verifier, or twice', async () => {
      const stolen = await authorizationUrl();
      const theft = await redeem(stolen, await completeLogin(stolen), { code_verifier: 'w'.repeat(43) });
      expect(theft.body.error).to.equal('invalid_grant');

      const url = await authorizationUrl();
      const redirect = await completeLogin(url);
      expect((await redeem(url, redirect)).status).to.equal(200);
      expect((await redeem(url, redirect)).body.error).to.equal('invalid_grant');
    });
  });

  describe('resource', () => {
    it('is rejected if the gateway does not serve it', async () => {
      expect(await errorOf({ resource: 'http://127.0.0.1:8080/other/mcp' })).to.equal('invalid_target');
      expect(await errorOf({ resource: `${BACKEND}/` })).to.equal('invalid_target');
    });

    it('is accepted only while the gateway serves it', async () => {
      const added = `${ROOT}/added/mcp`;
      expect(await errorOf({ resource: added })).to.equal('invalid_target');
      resources = [ROOT, BACKEND, added];
      const url = await authorizationUrl({ resource: added });
      const redirect = await completeLogin(url);
      resources = [ROOT, BACKEND];
      expect((await redeem(url, redirect)).body.error).to.equal('invalid_target');
    });

    it('cannot differ from the one on the login page', async () => {
      const url = await authorizationUrl();
      expect((await redeem(url, await completeLogin(url), { resource: ROOT })).body.error).to.equal('invalid_target');
    });

    it('is the root by default, with or without a trailing slash', async () => {
      for (const resource of [undefined, `${ROOT}/`]) {
        const url = await authorizationUrl({ resource, scope: undefined });
        const { body } = await redeem(url, await completeLogin(url));
        expect(decodeJwt(body.access_token ?? '')).to.include({ aud: ROOT, scope: 'mcp', tenant: 'engineering' });
      }
    });

    it('is the audience even if the client also requests an ID token', async () => {
      const url = await authorizationUrl({ scope: 'openid mcp offline_access', prompt: 'consent' });
      const { body } = await redeem(url, await completeLogin(url));
      expect(decodeJwt(body.access_token ?? '').aud).to.equal(BACKEND);
      expect(decodeJwt(body.id_token ?? '')).to.include({ sub: 'developer', tenant: 'engineering' });
    });
  });

  describe('scopes', () => {
    async function grantedTo(scope: string): Promise<unknown> {
      const url = await authorizationUrl({ scope });
      const { body } = await redeem(url, await completeLogin(url));
      const claims = decodeJwt(body.access_token ?? '');
      expect(body.scope).to.equal(claims.scope);
      return claims.scope;
    }

    it('are the requested ones that the gateway has', async () => {
      expect(await grantedTo('mcp jira.write')).to.equal('mcp jira.write');
      expect(await grantedTo('jira.write')).to.equal('jira.write');
      expect(await grantedTo('mcp')).to.equal('mcp');
      expect(await grantedTo('mcp admin')).to.equal('mcp');
    });

    it('can be granted as soon as a backend needs them', async () => {
      scopes = ['mcp'];
      expect(await grantedTo('mcp jira.write')).to.equal('mcp');
      scopes = ['mcp', 'jira.write', 'https://api.example/read'];
      expect(await grantedTo('mcp https://api.example/read')).to.equal('mcp https://api.example/read');
    });

    it('are the same after a refresh', async () => {
      const url = await authorizationUrl({ scope: 'mcp jira.write' });
      const { body } = await redeem(url, await completeLogin(url));
      const form = { grant_type: 'refresh_token', refresh_token: body.refresh_token ?? '' };
      const refreshed = await fetch(`${running.issuer}/token`, {
        method: 'POST',
        body: new URLSearchParams({ ...form, client_id: url.searchParams.get('client_id') ?? '' }),
      });
      const { access_token } = (await refreshed.json()) as { access_token: string };
      expect(decodeJwt(access_token).scope).to.equal('mcp jira.write');
    });
  });
});
