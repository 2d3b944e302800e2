import { expect } from 'chai';
import { decodeJwt } from 'jose';
import type { MemoryOAuthClient } from '../../local/issuer/harness.ts';
import { type Connection, SDK1, SDK2_AUTO, SDK2_LEGACY, SDK2_PINNED, textOf } from '../../support/clients.ts';
import { Wire } from '../../support/clients-wire.ts';
import type { TestGateway } from '../../support/gateway.ts';
import { completeLogin } from '../../support/login.ts';
import { RememberingClient } from './remembering-client.ts';

const FREE = 'test_simple_text';
const GUARDED = 'test_image_content';

/** A tool that needs another scope than the login gave: the clients request it after the denial. */
export function stepUps(gateway: () => TestGateway): void {
  for (const kind of [SDK2_LEGACY, SDK2_AUTO, SDK2_PINNED]) {
    it(`${kind.name} logs in again by itself for a scope that a tool needs`, async () => {
      const { connection, user } = await logIn(kind);
      try {
        expect(scopesOf(user)).to.deep.equal(['mcp']);
        expect(textOf(await connection.call(FREE))).to.match(/^This is a simple text/);
        await expectStepUp(connection, user);
      } finally {
        await connection.client.close();
      }
    });
  }

  // It uses its refresh token first, which can never add a scope (RFC 6749, section 6).
  it('sdk 1.x does so if it holds no refresh token, and otherwise reports the denial', async () => {
    const { connection, user } = await logIn(SDK1);
    try {
      expect(await errorOf(connection.call(GUARDED))).to.match(/403 after trying upscoping/);
      expect(scopesOf(user)).to.deep.equal(['mcp']);
      expect(textOf(await connection.call(FREE))).to.match(/^This is a simple text/);
      if (user.current === undefined) throw new Error('no tokens');
      const { refresh_token: _, ...rest } = user.current;
      user.current = rest;
      await expectStepUp(connection, user);
    } finally {
      await connection.client.close();
    }
  });

  async function logIn(kind: typeof SDK1): Promise<{ connection: Connection; user: MemoryOAuthClient }> {
    const user = new RememberingClient();
    const options = { url: gateway().backendUrl('guarded'), wire: new Wire(), authProvider: user };
    const pending = await kind.beginLogin(options);
    const connection = await pending.finish(await completeLogin(redirectOf(user), { subject: 'alice' }));
    return { connection, user };
  }

  async function expectStepUp(connection: Connection, user: MemoryOAuthClient): Promise<void> {
    const { wire } = connection;
    const session = connection.sessionId();
    const from = wire.exchanges.all.length;
    user.authorizationUrl = undefined;
    expect(await errorOf(connection.call(GUARDED))).to.match(/Unauthorized/);
    const denied = wire.exchanges.all.slice(from).find(({ status }) => status === 403);
    const metadata = `${gateway().url}/.well-known/oauth-protected-resource/guarded/mcp`;
    expect(denied?.responseHeaders.get('www-authenticate')).to.equal(
      `Bearer error="insufficient_scope", error_description="The access token lacks the scope media.read", resource_metadata="${metadata}", scope="mcp media.read"`,
    );
    const { searchParams } = redirectOf(user);
    expect(searchParams.get('scope')?.split(' ')).to.include.members(['mcp', 'media.read']);
    expect(searchParams.get('resource')).to.equal(gateway().backendUrl('guarded'));

    await connection.finishLogin(await completeLogin(redirectOf(user), { subject: 'alice' }));
    expect(scopesOf(user)).to.have.members(['mcp', 'media.read']);
    expect((await connection.call(GUARDED)).content[0]?.type).to.equal('image');
    // The session belongs to the person, whatever token comes with it.
    expect(connection.sessionId()).to.equal(session);
  }
}

function redirectOf({ authorizationUrl }: MemoryOAuthClient): URL {
  if (authorizationUrl === undefined) throw new Error('the client did not ask for a login');
  return authorizationUrl;
}

function scopesOf({ current }: MemoryOAuthClient): string[] {
  return String(decodeJwt(current?.access_token ?? '').scope).split(' ');
}

function errorOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'none',
    (error: unknown) => String(error),
  );
}
