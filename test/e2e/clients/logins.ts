import { expect } from 'chai';
import { issueDevelopmentToken } from '../../../local/issuer/token.ts';
import type { MemoryOAuthClient } from '../../local/issuer/harness.ts';
import {
  type ClientKind,
  type Connection,
  SDK1,
  SDK2_AUTO,
  SDK2_LEGACY,
  SDK2_PINNED,
  textOf,
} from '../../support/clients.ts';
import { type Exchange, Wire } from '../../support/clients-wire.ts';
import type { TestGateway } from '../../support/gateway.ts';
import { completeLogin } from '../../support/login.ts';
import { RememberingClient } from './remembering-client.ts';

/** The clients find the issuer and log in with only the URL of a backend. */
export function logins(gateway: () => TestGateway): void {
  for (const kind of [SDK1, SDK2_LEGACY, SDK2_AUTO, SDK2_PINNED]) {
    it(`${kind.name} logs in by itself and continues with a new token when the old one has expired`, async () => {
      const url = gateway().backendUrl('conformance');
      const wire = new Wire();
      const authProvider = new RememberingClient();
      const connection = await logIn(kind, { url, wire, authProvider });
      try {
        expectLogin(wire.exchanges.all, url);
        expect(textOf(await connection.call('test_simple_text'))).to.match(/^This is a simple text/);
        await expectRefresh(connection, authProvider, await expiredToken(url));
      } finally {
        await connection.client.close();
      }
    });
  }

  async function logIn(
    kind: ClientKind,
    options: { url: string; wire: Wire; authProvider: MemoryOAuthClient },
  ): Promise<Connection> {
    const pending = await kind.beginLogin(options);
    const { authorizationUrl } = options.authProvider;
    if (authorizationUrl === undefined) throw new Error('no authorization URL');
    expect(authorizationUrl.origin).to.equal(new URL(gateway().issuer).origin);
    expect(authorizationUrl.searchParams.get('code_challenge_method')).to.equal('S256');
    expect(authorizationUrl.searchParams.get('resource')).to.equal(options.url);
    return pending.finish(await completeLogin(authorizationUrl, { subject: 'alice' }));
  }

  // The steps of MCP authorization, in the required order.
  function expectLogin(exchanges: readonly Exchange[], url: string): void {
    const { origin, pathname } = new URL(url);
    const metadata = `${origin}/.well-known/oauth-protected-resource${pathname}`;
    const [first] = exchanges;
    expect(first).to.include({ method: 'POST', url, status: 401 });
    expect(first?.responseHeaders.get('www-authenticate')).to.equal(
      `Bearer resource_metadata="${metadata}", scope="mcp"`,
    );
    const { issuer } = gateway();
    const steps = exchanges
      .filter(({ status }) => status < 300)
      .map((exchange) => `${exchange.method} ${exchange.url}`);
    const wanted = [
      `GET ${metadata}`,
      `GET ${issuer}/.well-known/`,
      `POST ${issuer}/register`,
      `POST ${issuer}/token`,
      `POST ${url}`,
    ];
    const found = wanted.map((step) => steps.findIndex((taken) => taken.startsWith(step)));
    expect(found, steps.join('\n')).to.not.include(-1);
    expect(found, steps.join('\n')).to.deep.equal(found.toSorted((a, b) => a - b));
    const exchange = exchanges.find((candidate) => candidate.url === `${issuer}/token`);
    expect(new URLSearchParams(exchange?.requestBody).get('code_verifier')).to.match(/^.{43,128}$/);
    const authorized = exchanges.filter((candidate) => candidate.url === url && candidate.status < 300);
    expect(
      authorized.every(({ requestHeaders }) => requestHeaders.get('authorization')?.startsWith('Bearer ey')),
    ).to.equal(true);
  }

  async function expectRefresh(
    { call, wire, sessionId }: Connection,
    client: MemoryOAuthClient,
    expired: string,
  ): Promise<void> {
    if (client.current === undefined) throw new Error('no tokens');
    const session = sessionId();
    client.current = { ...client.current, access_token: expired };
    const from = wire.exchanges.all.length;
    expect(textOf(await call('test_simple_text'))).to.match(/^This is a simple text/);
    const exchanges = wire.exchanges.all.slice(from);
    // The stream of notifications may open at the same time.
    const denied = exchanges.find(({ method, url }) => method === 'POST' && url.startsWith(gateway().url));
    expect(denied?.status).to.equal(401);
    expect(denied?.responseHeaders.get('www-authenticate'))
      .to.include('error="invalid_token"')
      .and.include('has expired');
    const grant = exchanges.find((exchange) => exchange.url === `${gateway().issuer}/token`);
    expect(new URLSearchParams(grant?.requestBody).get('grant_type')).to.equal('refresh_token');
    expect(client.current.access_token).to.not.equal(expired);
    // A session belongs to the principal, not to a token.
    expect(sessionId()).to.equal(session);
  }

  function expiredToken(audience: string): Promise<string> {
    const now = () => Date.now() - 7_200_000;
    return issueDevelopmentToken({ stateDir: gateway().stateDir, subject: 'alice', audience, ttlSeconds: 60, now });
  }
}
