import { request } from 'node:http';
import { expect } from 'chai';
import type { DevelopmentIssuer } from '../../../local/issuer/issuer.ts';
import { startIssuer, temporaryState } from './harness.ts';

const REDIRECT = 'http://127.0.0.1:6274/callback';

describe('development issuer: browsers', () => {
  let state: Awaited<ReturnType<typeof temporaryState>>;
  let running: DevelopmentIssuer;

  before(async () => {
    state = await temporaryState();
    running = await startIssuer(state.stateDir, () => ['http://127.0.0.1:8080']);
  });
  after(async () => {
    await running.stop();
    await state.remove();
  });

  const scripted = [
    '/.well-known/openid-configuration',
    '/.well-known/oauth-authorization-server',
    '/jwks',
    '/token',
    '/register',
  ];

  async function preflight(path: string, origin: string): Promise<Headers> {
    const headers = {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type',
    };
    return (await fetch(`${running.issuer}${path}`, { method: 'OPTIONS', headers })).headers;
  }

  it('may call the issuer by script from loopback pages', async () => {
    for (const path of scripted) {
      const headers = await preflight(path, 'http://localhost:6274');
      expect(headers.get('access-control-allow-origin'), path).to.equal('http://localhost:6274');
      expect(headers.get('access-control-allow-headers'), path).to.equal('content-type');
    }
    const registration = await fetch(`${running.issuer}/register`, {
      method: 'POST',
      headers: { origin: 'http://localhost:6274', 'content-type': 'application/json' },
      body: JSON.stringify({ redirect_uris: [REDIRECT] }),
    });
    expect(registration.status).to.equal(201);
    expect(registration.headers.get('access-control-allow-origin')).to.equal('http://localhost:6274');
  });

  it('may not call it from other pages, and the login page from none', async () => {
    for (const path of scripted) {
      expect((await preflight(path, 'https://evil.example')).get('access-control-allow-origin'), path).to.equal(null);
    }
    const jwks = await fetch(`${running.issuer}/jwks`, { headers: { origin: 'https://localhost.evil.example' } });
    expect(jwks.headers.get('access-control-allow-origin')).to.equal(null);
    const login = await fetch(`${running.issuer}/sign-in/x`, { headers: { origin: 'http://localhost:6274' } });
    expect(login.headers.get('access-control-allow-origin')).to.equal(null);
  });

  it('cannot reach it under another host name', async () => {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const { hostname, port } = new URL(running.issuer);
      const options = { hostname, port, path: '/jwks', headers: { host: `rebound.example:${port}` } };
      request(options, (response) => resolve(response.resume().statusCode))
        .on('error', reject)
        .end();
    });
    expect(status).to.equal(421);
  });
});
