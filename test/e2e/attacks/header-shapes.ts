// Family: headers that are denied. Tenants and sessions that are not the caller's or occur twice, and lines that another parser
// might read as another header.
import {
  type Attack,
  FORBIDDEN,
  itHolds,
  MALFORMED,
  NO_SUCH_SERVER,
  NO_SUCH_SESSION,
  UNAUTHORIZED,
  WRONG_TYPE,
} from './attack.ts';
import { SPOOFED } from './headers.ts';
import { FORBIDDEN_CALL } from './message.ts';
import { GET_ISSUE, type Ground } from './set-up.ts';
import { sendBytes } from './wire.ts';

const with_ = (what: string, first: string[], outcome: Attack[2], without: string[] = []): Attack => [
  what,
  (at) => sendBytes(at, { first, without }),
  outcome,
];

/** All headers that only the gateway may set, on a request that the caller may not make. */
const ALL = Object.entries(SPOOFED).map(([name, value]) => `${name}: ${value}`);
const spoofed = (what: string, backend: string, outcome: Attack[2], body = GET_ISSUE): Attack => [
  `headers of the gateway ${what}`,
  (at) => sendBytes(at, { line: `POST /${backend}/mcp HTTP/1.1`, first: ALL, body }),
  outcome,
];

const CLAIMED: Attack[] = [
  with_('headers of the gateway instead of a token', ALL, UNAUTHORIZED, ['authorization']),
  spoofed('for a backend of another tenant', 'crm', NO_SUCH_SERVER),
  spoofed('for a backend that needs a role', 'vault', NO_SUCH_SERVER),
  spoofed('for a tool that is not allowed', 'jira', FORBIDDEN, FORBIDDEN_CALL),
  spoofed('for a tool that needs a scope', 'scoped', [403, -32018], GET_ISSUE.replace('get', 'delete')),
  with_('X-Tenant of another', ['X-Tenant: sales'], FORBIDDEN),
  with_('an unknown X-Tenant', ['X-Tenant: nobody'], FORBIDDEN),
  with_('X-Tenant in another spelling', ['X-Tenant: Engineering'], FORBIDDEN),
  with_('X-Tenant twice', ['X-Tenant: engineering', 'X-Tenant: engineering'], FORBIDDEN),
  with_('X-Tenant with its own and another', ['X-Tenant: engineering', 'X-Tenant: sales'], FORBIDDEN),
  with_('X-Tenant empty', ['X-Tenant:'], FORBIDDEN),
  with_('Mcp-Session-Id twice', ['Mcp-Session-Id: a', 'Mcp-Session-Id: b'], NO_SUCH_SESSION),
  with_('Content-Type twice', ['Content-Type: text/plain'], WRONG_TYPE),
  with_('Connection that names the type', ['Connection: close, content-type'], WRONG_TYPE, ['connection']),
  with_('Connection that names the client', ['Connection: close, x-forwarded-for'], MALFORMED, ['connection']),
];

const SHAPES: Attack[] = [
  with_('an underscore in a name', ['X_Mcp_Subject: root'], MALFORMED),
  with_('a space before the colon', ['X-Mcp-Subject : root'], MALFORMED),
  with_('a space in a name', ['X-Mcp Subject: root'], MALFORMED),
  with_('a folded first line', [' X-Mcp-Subject: root'], MALFORMED),
  with_('no name', [': root'], MALFORMED),
  with_('no colon', ['X-Mcp-Subject'], MALFORMED),
  with_('a zero byte', ['X-A: a\0b'], MALFORMED),
  with_(
    '101 headers',
    Array.from({ length: 101 }, (_, at) => `X-A${at}: a`),
    [431, -32000],
  ),
  with_('65 KiB of headers', [`X-A: ${'a'.repeat(65 << 10)}`], [431, -32000]),
];

/** A header is one line with one meaning. */
export function deniedHeaders(ground: () => Ground): void {
  describe('headers that are denied', () => itHolds(ground, [...CLAIMED, ...SHAPES]));
}
