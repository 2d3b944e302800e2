// Family: the same over HTTP/2, where a request has pseudo headers instead of a request line and Host, and only one reading of its length.
import { connect, type OutgoingHttpHeaders } from 'node:http2';
import type { Answer } from '../../fixtures/replica-server/client.ts';
import { type Attack, FORBIDDEN, itHolds, MALFORMED, NO_SUCH_SERVER, NO_SUCH_SESSION, type Outcome } from './attack.ts';
import { expectTold, SPOOFED } from './headers.ts';
import { GET_ISSUE, type Ground } from './set-up.ts';

/** Status 0: the stream was reset. */
const RESET: Outcome = [0];

function send({ gateway, token }: Ground, headers: OutgoingHttpHeaders): Promise<Answer> {
  const client = connect(gateway.url);
  const call = client.request({
    ':method': 'POST',
    ':path': '/jira/mcp',
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    ...headers,
  });
  const answer: Answer = { status: 0, headers: {}, body: '' };
  call.setEncoding('utf8');
  call.on('response', ({ ':status': status = 0, 'content-type': type }) => {
    answer.status = status;
    answer.headers = { 'content-type': type };
  });
  call.on('data', (text: string) => {
    answer.body += text;
  });
  call.end(GET_ISSUE);
  return new Promise((resolve) => {
    // A stream that was reset ends with an error, and is closed nevertheless.
    call.on('error', () => undefined);
    call.on('close', () => {
      client.close();
      resolve(answer);
    });
  });
}

const with_ = (what: string, headers: OutgoingHttpHeaders, outcome: Outcome): Attack => [
  what,
  (at) => send(at, headers),
  outcome,
];

const ATTACKS: Attack[] = [
  with_('another authority', { ':authority': 'evil.example' }, FORBIDDEN),
  with_('another authority, and the right Host', { ':authority': 'evil.example', host: 'localhost' }, FORBIDDEN),
  with_('the right authority, and another Host', { ':authority': 'localhost', host: 'evil.example' }, 'passes'),
  with_('a path without a slash', { ':path': 'jira/mcp' }, RESET),
  with_('a path that is a URL', { ':path': 'http://evil.example/jira/mcp' }, RESET),
  with_('a path with a fragment', { ':path': '/jira/mcp#/../crm/mcp' }, MALFORMED),
  with_('a path with dots', { ':path': '/jira/../crm/mcp' }, NO_SUCH_SERVER),
  with_('a method in lower case', { ':method': 'post' }, [405, -32000]),
  with_('an underscore in a name', { x_mcp_subject: 'root' }, RESET),
  with_('a length that is too short', { 'content-length': '5' }, RESET),
  with_('a length that is too long', { 'content-length': '5000' }, RESET),
  with_('two sessions', { 'mcp-session-id': ['a', 'b'] }, NO_SUCH_SESSION),
  with_('two tenants', { 'x-tenant': ['engineering', 'sales'] }, FORBIDDEN),
];

/** HTTP/2 bypasses no check. */
export function overHttp2(ground: () => Ground): void {
  describe('over HTTP/2', () => {
    itHolds(ground, ATTACKS);

    it('headers of the gateway do not reach the server', async () => {
      const spoofed = Object.entries(SPOOFED).map(([name, value]) => [name.toLowerCase(), value]);
      expectTold((await send(ground(), Object.fromEntries(spoofed))).body);
    });
  });
}
