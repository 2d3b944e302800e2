import { UserError } from '../../core/errors.ts';
import type { Chain } from '../chains/chain.ts';
import { callMessage, MCP_HEADERS, PROTOCOL_VERSION } from './requests.ts';

const INITIALIZE = {
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: {
    protocolVersion: PROTOCOL_VERSION,
    capabilities: {},
    clientInfo: { name: 'bench', version: '1.0.0' },
  },
};

/**
 * Opens a session through the chain, as a client does, and checks that a tool call in it succeeds.
 * @returns the session id to send
 * @throws UserError `backend-failed` if any request is not answered as expected
 */
export async function openSession(chain: Chain): Promise<string> {
  const opened = await post(chain, undefined, JSON.stringify(INITIALIZE), 200);
  const session = opened.headers.get('mcp-session-id');
  if (session === null) throw new UserError('backend-failed', `${chain.name}: initialize returned no Mcp-Session-Id`);
  const initialized = JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' });
  await post(chain, session, initialized, 202);
  const called = await post(chain, session, callMessage(1), 200);
  const answer = JSON.parse(called.body) as { id?: unknown; result?: unknown };
  if (answer.id === 1 && answer.result !== undefined) return session;
  throw new UserError('backend-failed', `${chain.name}: tools/call returned ${called.body.slice(0, 300)}`);
}

async function post(
  chain: Chain,
  session: string | undefined,
  body: string,
  status: number,
): Promise<{ headers: Headers; body: string }> {
  const headers = { ...MCP_HEADERS, ...chain.headers(session) };
  const response = await fetch(chain.url, { method: 'POST', headers, body });
  const text = await response.text();
  if (response.status === status) return { headers: response.headers, body: text };
  const { method } = JSON.parse(body) as { method: string };
  const message = `${chain.name}: ${method} returned ${response.status} instead of ${status}: ${text.slice(0, 300)}`;
  throw new UserError('backend-failed', message);
}
