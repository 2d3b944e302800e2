// Family: session ids that belong to another caller or backend, or are not valid at all. All get the same response, and none reaches a server.

import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { expect } from 'chai';
import { deny } from '../../../core/mcp/denial.ts';
import { openSession } from '../../fixtures/replica-server/client.ts';
import { startReplica } from '../../fixtures/replica-server/server.ts';
import { eventually } from '../../fixtures/replica-server/waiting.ts';
import { alike } from './attack.ts';
import { bytesOf, flipped, forge, keysOf, opened } from './sealed.ts';
import { GET_ISSUE, type Ground } from './set-up.ts';

const open = async ({ gateway, token }: Ground, backend = 'jira', by = token) =>
  (await openSession(gateway.backendUrl(backend), { token: by })).session;
const end = (at: Ground, session: string) =>
  at.call({ method: 'DELETE', body: '', headers: { 'mcp-session-id': session } });

type Made = string | { session: string; token?: string; tenant?: string };

/** Sealed by the gateway, or as it would seal them. Each is derived from a valid session of `alice`. */
const FOREIGN: Record<string, (at: Ground, real: string) => Made | Promise<Made>> = {
  'of another user': async (at) => open(at, 'jira', await at.sign({ sub: 'bob' })),
  'by another user': async (at, session) => ({ session, token: await at.sign({ sub: 'bob' }) }),
  'by a user whose name begins with this one': async (at, session) => ({
    session,
    token: await at.sign({ sub: 'alice\0' }),
  }),
  'of another tenant': async (at) => open(at, 'jira', await at.sign({ team: 'blue' })),
  'by the same user for another tenant': async (at, session) => ({ session, token: await at.sign({ team: 'blue' }) }),
  'by the same user, who chooses another of her tenants': async (at, session) => ({
    session,
    token: await at.sign({ team: ['red', 'blue'] }),
    tenant: 'sales',
  }),
  'by the same subject of another issuer': async (at, session) => ({
    session,
    token: await at.partner.sign({ aud: at.gateway.url, team: 'green' }),
  }),
  'of another backend': (at) => open(at, 'plain'),
  'of a backend that she may not use': async (at) => open(at, 'crm', await at.sign({ team: 'blue' })),
  'of the server itself': (at, real) => opened(at, real).serverSessionId,
  'sealed with another key': (at, real) => forge(at, real, {}, keysOf(randomBytes(32).toString('base64'))),
  'of an endpoint that does not exist': (at, real) => forge(at, real, { endpoint: '127.0.0.1:1' }),
  'of an endpoint of another backend': (at, real) => forge(at, real, { endpoint: `127.0.0.1:${at.far.port}` }),
  'of a previous process': (at, real) => forge(at, real, { incarnation: 'before' }),
  'that is too old': (at, real) => forge(at, real, { issuedAtSeconds: 1 }),
  'that was ended': async (at) => {
    const session = await open(at);
    expect((await end(at, session)).status).to.equal(200);
    return session;
  },
  'that was ended, sealed again': async (at) => {
    const session = await open(at);
    expect((await end(at, session)).status).to.equal(200);
    return forge(at, session);
  },
};

/** Not sealed by any key. */
const DAMAGED: Record<string, (at: Ground, real: string) => string> = {
  empty: () => '',
  'of 10 KiB': () => 'A'.repeat(10_240),
  'with a changed key id': (_, real) => flipped(real, 0),
  'with a changed nonce': (_, real) => flipped(real, 8),
  'with changed content': (_, real) => flipped(real, 40),
  'with a changed tag': (_, real) => flipped(real, -1),
  'with its parts in another order': (_, real) => {
    const bytes = bytesOf(real);
    return Buffer.concat([bytes.subarray(0, 4), bytes.subarray(16), bytes.subarray(4, 16)]).toString('base64url');
  },
  'with the tag of another session': (at, real) => {
    const other = bytesOf(forge(at, real));
    return Buffer.concat([bytesOf(real).subarray(0, -16), other.subarray(-16)]).toString('base64url');
  },
  'cut short': (_, real) => real.slice(0, -4),
  'without its tag': (_, real) => bytesOf(real).subarray(0, -16).toString('base64url'),
  'of nothing but a key id': (_, real) => bytesOf(real).subarray(0, 4).toString('base64url'),
  'with appended characters': (_, real) => `${real}AAAA`,
  'with padding': (_, real) => `${real}=`,
  'with a character of plain base64': (_, real) => `+${real.slice(1)}`,
  'in upper case': (_, real) => real.toUpperCase(),
  'with a space in it': (_, real) => `${real.slice(0, 20)} ${real.slice(20)}`,
  'twice in one header': (_, real) => `${real},${real}`,
  'that is a path': () => '../../../../etc/passwd',
  'that is JSON': (_, real) => JSON.stringify({ session: real }),
};

/** Methods that may have a session, and a body for each. */
const METHODS = { POST: GET_ISSUE, GET: '', DELETE: '' };

/** A session belongs to its owner, at one backend, until it ends. */
export function foreignSessions(ground: () => Ground): void {
  describe('sessions', () => {
    let real: string;
    const ask = async (made: Made, method: keyof typeof METHODS, backend = 'jira') => {
      const { session, token, tenant } = typeof made === 'string' ? { session: made } : made;
      const headers = { 'mcp-session-id': session, ...(tenant === undefined ? {} : { 'x-tenant': tenant }) };
      const call = { backend, method, headers, body: METHODS[method], ...(token === undefined ? {} : { token }) };
      return alike(await ground().call(call));
    };
    /** Expects the response that an invented id gets. */
    const expectUnknown = async (made: Made, backend?: string) => {
      const before = ground().arrived();
      for (const method of ['POST', 'GET', 'DELETE'] as const) {
        const unknown = await ask('unknown', method, backend);
        const id = method === 'POST' ? 'call' : null;
        expect(unknown.status).to.equal(404);
        expect(JSON.parse(unknown.body)).to.deep.include({ id, error: deny('unknown-session').error });
        expect(await ask(made, method, backend), method).to.deep.equal(unknown);
      }
      expect(ground().arrived(), 'requests that arrived').to.equal(before);
    };

    before(async () => {
      real = await open(ground());
    });
    afterEach('the session itself continues', async () => expect((await ask(real, 'POST')).status).to.equal(200));

    for (const [what, make] of Object.entries({ ...FOREIGN, ...DAMAGED })) {
      it(`one ${what} is unknown: 404, -32001`, async () => {
        const made = await make(ground(), real);
        await expectUnknown(made);
      });
    }
    it('one whose replica was replaced is unknown: 404, -32001', async () => {
      const { gateway, token } = ground();
      const session = await open(ground(), 'moved');
      expect((await ask(session, 'POST', 'moved')).status).to.equal(200);
      const next = await startReplica({ name: 'next' });
      gateway.writeBackend('moved', { name: 'moved', url: `http://127.0.0.1:${next.port}/mcp` });
      await eventually(
        () => openSession(gateway.backendUrl('moved'), { token }),
        ({ replica }) => replica === 'next',
      );
      // Until the last process has the change, Envoy makes some of the responses, in its own layout.
      const unknown = await ask('unknown', 'POST', 'moved');
      await eventually(
        () => Promise.all(Array.from({ length: 20 }, () => ask(session, 'POST', 'moved'))),
        (answers) => answers.every((answer) => isDeepStrictEqual(answer, unknown)),
      );
      const before = next.requests;
      await expectUnknown(session, 'moved');
      expect(next.requests).to.equal(before);
      await next.stop();
    });
  });
}
