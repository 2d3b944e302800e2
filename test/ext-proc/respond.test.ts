import { expect } from 'chai';
import { ownerOf } from '../../core/session/ended-record.ts';
import { MAX_SERVER_SESSION_ID_LENGTH } from '../../core/session/seal.ts';
import { type LaneResponse, respond, type SessionRequest } from '../../ext-proc/respond.ts';
import { policyBackend } from '../ext-authz/policy.ts';

const BACKEND = policyBackend('a');
const PRINCIPAL = Buffer.alloc(16, 3);
const OPEN: SessionRequest = { lane: 'open', backend: 'a', tenant: 'red', principal: PRINCIPAL, id: 1 };
const OPEN_GONE: SessionRequest = { lane: 'open', backend: 'gone', tenant: 'red', principal: PRINCIPAL, id: 1 };
const OWNER = { backend: 'a', tenant: 'red', principal: PRINCIPAL };
const CLOSE: SessionRequest = { lane: 'close', ...OWNER, fingerprint: 'f', issuedAtSeconds: 9, expiresAtSeconds: 99 };
const pin = (address: string) => Buffer.from(address).toString('base64');
const RESPONSE: LaneResponse = { status: 200, serverSessionIds: ['theirs'], pin: pin('127.0.0.1:9001') };

const step = (request: SessionRequest, more: Partial<LaneResponse> = {}) =>
  respond(
    request,
    { ...RESPONSE, ...more },
    (name) => (name === 'a' ? BACKEND : undefined),
    1_700_000_000,
    (size) => Buffer.alloc(size, 8),
  );

describe('ext-proc/respond', () => {
  it('seals the session of a response, with the endpoint that Envoy chose', () => {
    expect(step(OPEN)).to.deep.equal({
      kind: 'seal',
      session: {
        backend: 'a',
        tenant: 'red',
        principal: PRINCIPAL,
        endpoint: 'a-1',
        incarnation: 'two',
        serverSessionId: 'theirs',
        issuedAtSeconds: 1_700_000_000,
        serial: Buffer.alloc(8, 8),
      },
    });
  });

  it('lets a response without a session pass', () => {
    for (const serverSessionIds of [[], [''], ['', '']])
      expect(step(OPEN, { serverSessionIds })).to.deep.equal({ kind: 'pass' });
  });

  it('opens no session whose replica is not known', () => {
    for (const unknown of [undefined, '', '127.0.0.1:9001', pin('127.0.0.1:9002'), pin('127.0.0.1'), '%%%']) {
      expect(step(OPEN, { pin: unknown }).kind, String(unknown)).to.equal('unpinnable');
    }
    expect(step(OPEN_GONE).kind).to.equal('unpinnable');
  });

  it('opens no session with an invalid id', () => {
    for (const serverSessionId of [
      'a b',
      'a\tb',
      'ä',
      '\ufffd',
      'a\u0000',
      'x'.repeat(MAX_SERVER_SESSION_ID_LENGTH + 1),
    ]) {
      expect(
        step(OPEN, { serverSessionIds: [serverSessionId] }).kind,
        JSON.stringify(serverSessionId.slice(0, 8)),
      ).to.equal('invalid');
    }
    for (const several of [
      ['', 'x'],
      ['x', ''],
      ['x', 'x'],
      ['x', 'y'],
      ['', '', 'x'],
    ])
      expect(step(OPEN, { serverSessionIds: several }).kind, several.join()).to.equal('invalid');
    for (const serverSessionId of ['!', '~', 'x'.repeat(MAX_SERVER_SESSION_ID_LENGTH)]) {
      expect(step(OPEN, { serverSessionIds: [serverSessionId] }).kind).to.equal('seal');
    }
  });

  it('ends a session only if the server ended it', () => {
    for (const status of [200, 202, 204, 299]) {
      const session = { fingerprint: 'f', owner: ownerOf(OWNER), issuedAtSeconds: 9, forgetAtSeconds: 99 };
      const ended = { kind: 'end-session', session, of: OWNER };
      expect(step(CLOSE, { status })).to.deep.equal(ended);
    }
    for (const status of [0, 199, 300, 404, 405, 500])
      expect(step(CLOSE, { status }), String(status)).to.deep.equal({ kind: 'pass' });
  });
});
