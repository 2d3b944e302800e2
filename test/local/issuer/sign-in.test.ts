import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { decodeJwt } from 'jose';
import type { DevelopmentIssuer } from '../../../local/issuer/issuer.ts';
import { completeLogin } from '../../support/login.ts';
import { startIssuer, temporaryState } from './harness.ts';

const REDIRECT = 'http://127.0.0.1:6274/callback';
const RESOURCE = 'http://127.0.0.1:8080';
const VERIFIER = 'v'.repeat(43);

describe('development issuer: login page', () => {
  let state: Awaited<ReturnType<typeof temporaryState>>;
  let running: DevelopmentIssuer;

  before(async () => {
    state = await temporaryState();
    running = await startIssuer(state.stateDir, () => [RESOURCE]);
  });
  after(async () => {
    await running.stop();
    await state.remove();
  });

  /** The authorization URL of a new client. */
  async function authorizationUrl(clientName: string, more: Record<string, string> = {}): Promise<URL> {
    const registration = await fetch(`${running.issuer}/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ redirect_uris: [REDIRECT], client_name: clientName }),
    });
    const { client_id } = (await registration.json()) as { client_id: string };
    const url = new URL(`${running.issuer}/authorize`);
    url.search = new URLSearchParams({
      client_id,
      response_type: 'code',
      redirect_uri: REDIRECT,
      code_challenge: createHash('sha256').update(VERIFIER).digest('base64url'),
      code_challenge_method: 'S256',
      ...more,
    }).toString();
    return url;
  }

  /** The cookies that a response sets, as the next request sends them. */
  function cookiesOf(response: Response): string {
    const lines = response.headers.getSetCookie().map((line) => line.split(';')[0] ?? '');
    return lines.filter((line) => !line.endsWith('=')).join('; ');
  }

  /** Opens the login page of a new client as a browser does. Returns its URL and the cookies. */
  async function openLogin(clientName = 'Editor', more: Record<string, string> = {}) {
    const url = await authorizationUrl(clientName, more);
    const response = await fetch(url, { redirect: 'manual' });
    const page = new URL(response.headers.get('location') ?? '', url);
    return { page, cookie: cookiesOf(response), setCookie: response.headers.getSetCookie() };
  }

  /** Submits the form and follows the redirect. Returns the last response. */
  async function finish(page: URL, cookie: string, form: Record<string, string>): Promise<Response> {
    const response = await send(page, { cookie }, form);
    return fetch(new URL(response.headers.get('location') ?? '', page), { headers: { cookie }, redirect: 'manual' });
  }

  function send(page: URL, headers: Record<string, string>, form: Record<string, string>): Promise<Response> {
    return fetch(page, { method: 'POST', headers, body: new URLSearchParams(form), redirect: 'manual' });
  }

  const allow = { subject: 'developer', decision: 'allow' };

  it('shows the client, the target of the code, the resource, the subject and the tenant', async () => {
    const { page, cookie } = await openLogin('Editor', { login_hint: 'alice' });
    const html = await (await fetch(page, { headers: { cookie } })).text();
    for (const text of ['Editor', 'http://127.0.0.1:6274', RESOURCE, 'value="alice"', 'engineering'])
      expect(html).to.include(text);
  });

  it('cannot be framed, runs no script, loads nothing and is not cached', async () => {
    const { page, cookie } = await openLogin();
    const { headers } = await fetch(page, { headers: { cookie } });
    expect(headers.get('content-security-policy'))
      .to.include("frame-ancestors 'none'")
      .and.include("default-src 'none'");
    expect(headers.get('x-frame-options')).to.equal('DENY');
    expect(headers.get('cache-control')).to.equal('no-store');
  });

  it('escapes the name of the client', async () => {
    const { page, cookie } = await openLogin('<script>alert("x")</script>');
    const html = await (await fetch(page, { headers: { cookie } })).text();
    expect(html).to.include('&lt;script&gt;alert(&quot;x&quot;)').and.not.include('<script');
  });

  it('uses cookies that scripts cannot read and other sites cannot send', async () => {
    const { setCookie } = await openLogin();
    expect(setCookie).not.to.be.empty;
    for (const line of setCookie) expect(line.toLowerCase()).to.include('httponly').and.include('samesite=lax');
  });

  it('does nothing without the cookie, or with the cookie of another login', async () => {
    const [first, second] = [await openLogin(), await openLogin()];
    expect((await send(first.page, {}, allow)).status).to.equal(400);
    expect((await send(first.page, { cookie: second.cookie }, allow)).status).to.equal(400);
    expect((await send(first.page, { cookie: first.cookie }, allow)).status).to.equal(303);
  });

  it('rejects a form from another origin, including another port of this host', async () => {
    const { page, cookie } = await openLogin();
    for (const origin of ['http://127.0.0.1:9', 'https://evil.example', 'null']) {
      expect((await send(page, { cookie, origin }, allow)).status, origin).to.equal(403);
    }
    expect((await send(page, { cookie, origin: running.issuer }, allow)).status).to.equal(303);
  });

  it('rejects an invalid subject, and a form that is too large', async () => {
    const { page, cookie } = await openLogin();
    for (const subject of ['', 'a b', 'x'.repeat(65), 'a\nb']) {
      expect((await send(page, { cookie }, { subject, decision: 'allow' })).status, JSON.stringify(subject)).to.equal(
        400,
      );
    }
    expect((await send(page, { cookie }, { subject: 'x'.repeat(5000), decision: 'allow' })).status).to.equal(413);
  });

  it('grants nothing without the button that allows', async () => {
    const { page, cookie } = await openLogin();
    const end = await finish(page, cookie, { subject: 'developer' });
    expect(new URL(end.headers.get('location') ?? '').searchParams.get('error')).to.equal('access_denied');
  });

  describe('in a browser that signed in before', () => {
    let cookies: Map<string, string>;

    beforeEach(async () => {
      cookies = new Map();
      const redirect = await completeLogin(await authorizationUrl('First'), { subject: 'alice', cookies });
      expect(redirect.searchParams.has('code')).to.equal(true);
    });

    it('is shown again, with the last subject', async () => {
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const headers = { cookie };
      const again = await fetch(await authorizationUrl('Second'), { headers, redirect: 'manual' });
      const page = new URL(again.headers.get('location') ?? '', running.issuer);
      expect(page.pathname).to.match(/^\/sign-in\//);
      const shown = await fetch(page, { headers: { cookie: `${cookiesOf(again)}; ${cookie}` } });
      expect(await shown.text()).to.include('value="alice"');
    });

    it('accepts another subject', async () => {
      const url = await authorizationUrl('Second');
      const redirect = await completeLogin(url, { subject: 'bob', cookies });
      const token = await fetch(`${running.issuer}/token`, {
        method: 'POST',
        body: new URLSearchParams({
          grant_type: 'authorization_code',
          code: redirect.searchParams.get('code') ?? '',
          client_id: url.searchParams.get('client_id') ?? '',
          redirect_uri: REDIRECT,
          code_verifier: VERIFIER,
        }),
      });
      const { access_token } = (await token.json()) as { access_token?: string };
      expect(decodeJwt(access_token ?? '').sub).to.equal('bob');
    });
  });
});
