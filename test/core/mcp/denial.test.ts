import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { DENIALS, type DenialReason, denialBody, deny } from '../../../core/mcp/denial.ts';
import { ENVOY_CONFIG_FILE } from '../../../envoy/bootstrap.ts';

const REASONS = Object.keys(DENIALS) as DenialReason[];

describe('core/mcp/denial', () => {
  it('has a status and a code for every reason', () => {
    const rows = REASONS.map((reason) => [reason, DENIALS[reason].status, DENIALS[reason].code]);
    expect(rows).to.deep.equal([
      ['bad-request', 400, -32600],
      ['parse-error', 400, -32700],
      ['unauthenticated', 401, -32010],
      ['invalid-token', 401, -32010],
      ['forbidden-edge', 403, -32011],
      ['forbidden', 403, -32011],
      ['insufficient-scope', 403, -32018],
      ['no-tenant', 403, -32011],
      ['unknown-backend', 404, -32012],
      ['unknown-session', 404, -32001],
      ['method-not-allowed', 405, -32000],
      ['old-transport', 410, -32000],
      ['body-too-large', 413, -32017],
      ['unsupported-media-type', 415, -32000],
      ['unreadable-answer', 502, -32019],
      ['unreadable-charset', 502, -32019],
      ['lists-in-use', 503, -32014],
      ['invalid-server-session', 502, -32019],
      ['quota', 429, -32013],
      ['unavailable', 503, -32014],
      ['not-audited', 503, -32014],
      ['abandoned', 503, -32014],
      ['missing-session', 400, -32000],
      ['unsupported-revision', 400, -32000],
      ['not-json-rpc', 400, -32700],
      ['initialize-in-batch', 400, -32600],
      ['request-id-in-use', 400, -32600],
      ['unknown-event-id', 400, -32600],
      ['nothing-to-resume', 400, -32600],
      ['not-acceptable', 406, -32000],
      ['message-too-large', 413, -32600],
      ['server-not-started', 502, -32603],
      ['server-failed', 502, -32603],
      ['server-timeout', 504, -32603],
      ['sessions-in-use', 503, -32014],
      ['user-sessions-in-use', 429, -32013],
      ['server-busy', 503, -32014],
      ['replays-in-use', 503, -32014],
      ['bridge-draining', 503, -32014],
    ]);
  });

  it('uses no code that MCP reserves, here or in the replies of Envoy', () => {
    const ofEnvoy = [...readFileSync(ENVOY_CONFIG_FILE, 'utf8').matchAll(/code: (-32\d{3})/g)].map(([, code]) =>
      Number(code),
    );
    expect(ofEnvoy).to.have.length.greaterThan(3);
    for (const code of [...REASONS.map((reason) => DENIALS[reason].code), ...ofEnvoy]) {
      expect(code <= -32020 && code >= -32099, String(code)).to.equal(false);
    }
  });

  it('is the row of its reason', () => {
    expect(deny('unknown-session')).to.deep.equal({
      kind: 'deny',
      reason: 'unknown-session',
      status: 404,
      error: { code: -32001, message: 'Session not found' },
      headers: {},
    });
  });

  it('puts values into the message of the table, as they are, and adds its headers', () => {
    const { error, headers } = deny('sessions-in-use', { values: { maxSessions: 2 } });
    expect([error.message, headers]).to.deep.equal(['All 2 sessions are in use', { 'retry-after': '10' }]);
    const why = 'exit code 1: {why} $& $1';
    expect(deny('server-failed', { values: { why } }).error.message).to.equal(`The MCP server failed: ${why}`);
  });

  it('can have another status, code and message, data and headers', () => {
    const denial = deny('bad-request', {
      status: 422,
      code: -32020,
      message: 'm',
      data: { a: 1 },
      headers: { allow: 'GET' },
    });
    expect(denial).to.deep.equal({
      kind: 'deny',
      reason: 'bad-request',
      status: 422,
      error: { code: -32020, message: 'm', data: { a: 1 } },
      headers: { allow: 'GET' },
    });
  });

  it('is a JSON-RPC error with the id of the request', () => {
    for (const id of [null, 0, 7, -1, '', 'a"b\n', '\ud800']) {
      expect(JSON.parse(denialBody(deny('forbidden'), id))).to.deep.equal({
        jsonrpc: '2.0',
        id,
        error: { code: -32011, message: 'Not allowed' },
      });
    }
    expect(denialBody(deny('forbidden'), 18446744073709551615n)).to.include('"id":18446744073709551615,');
  });
});
