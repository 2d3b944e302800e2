import { expect } from 'chai';
import { banner } from '../../local/banner.ts';
import { issueDevelopmentToken } from '../../local/issuer/token.ts';
import { awaitReady } from '../../local/ready.ts';
import { emptyFolder } from '../runtime/processes/folder.ts';
import { rejection } from '../runtime/processes/rejection.ts';

const TOKEN = { stateDir: emptyFolder(), audience: 'http://h', ttlSeconds: 1 };
const READY = {
  ...{ sockets: [], watcherSocket: '/none', listenUrl: 'http://127.0.0.1:1', publicUrl: 'http://127.0.0.1:1' },
  ...{ backends: [], internal: [], token: undefined, timeoutMs: 1, signal: new AbortController().signal },
};

/** The wording of each message of this room, asserted here alone. */
const ERRORS: readonly [what: string, run: () => Promise<unknown>, message: string][] = [
  ['a subject', () => issueDevelopmentToken({ ...TOKEN, subject: 'a b' }), '"a b" is not a valid subject'],
  ['a role', () => issueDevelopmentToken({ ...TOKEN, roles: ['a b'] }), '"a b" is not a valid role'],
  ['a scope', () => issueDevelopmentToken({ ...TOKEN, scopes: ['"'] }), '"\\"" is not a valid scope'],
  ['a group', () => issueDevelopmentToken({ ...TOKEN, groups: [''] }), 'a group must not be empty'],
  ['a tenant', () => issueDevelopmentToken({ ...TOKEN, tenant: '' }), 'the tenant must not be empty'],
  [
    'a state folder without an issuer',
    () => issueDevelopmentToken(TOKEN),
    `no development issuer was started with the state folder ${TOKEN.stateDir}`,
  ],
  ['a gateway that is not ready', () => awaitReady(READY), 'the gateway did not become ready in time'],
];

describe('messages of local', () => {
  for (const [what, run, message] of ERRORS) {
    it(`for ${what}`, async () => {
      expect((await rejection(run())).message).to.equal(message);
    });
  }

  it('for a gateway that is ready', () => {
    const facts = { developmentIssuer: 'http://i', stateOption: ' --state-dir /s', waiting: ['b is unhealthy: why'] };
    const backends = new Map([
      ['a', 'http://h/a/mcp'],
      ['long', 'http://h/long/mcp'],
    ]);
    expect(banner({ ...facts, backends }).split('\n')).to.deep.equal([
      '',
      'mcp-gateway is ready.',
      '',
      '  a     http://h/a/mcp',
      '  long  http://h/long/mcp',
      '  not serving: b is unhealthy: why',
      '',
      'Token',
      '  npx mcp-gateway token --state-dir /s',
      '',
      'Inspector (no token needed: connect, then sign in on the page)',
      '  npx @modelcontextprotocol/inspector@2 --transport http --server-url http://h/a/mcp',
      '',
      'curl',
      `  curl -si http://h/a/mcp -H "Authorization: Bearer $(npx mcp-gateway token --state-dir /s)" -H 'Content-Type: application/json' -H 'Accept: application/json, text/event-stream' -d '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"curl","version":"1"}}}'`,
      '',
      'Press Ctrl-C to stop.',
      '',
    ]);
    expect(banner({ ...facts, developmentIssuer: undefined, backends: new Map() }).split('\n')[3]).to.equal(
      '  No backends yet. Add a YAML file to the backends folder; it is served immediately.',
    );
  });
});
