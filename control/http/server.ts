import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AuthInfo, createMcpHandler, type McpHttpHandler } from '@modelcontextprotocol/server';
import type { Logger } from '../../runtime/log.ts';
import type { Installation } from '../installation.ts';
import { createAdminMcpServer } from '../mcp/server.ts';
import type { ToolCall } from '../mcp/tools/tool.ts';
import { type AdminCaller, readCaller } from './caller.ts';
import { serveFetch } from './fetch.ts';

/** Where MCP is spoken; the gateway's `/gateway/mcp` leads there. */
const ADMIN_PATH = '/mcp';

/** What a server of the gateway's own tools works with. */
export interface AdminServerOptions {
  installation: Installation;
  /** What the gateway shows; undefined before it was read. */
  secret: () => string | undefined;
  /** Of this program. */
  version: string;
  log: Logger;
}

/** A server of the gateway's own tools. */
export interface AdminServer {
  http: Server;
  /** Ends what is under way. */
  close(): Promise<void>;
}

/**
 * The tools of `mcp-gateway serve` over Streamable HTTP, in both eras and without sessions: any process can answer any request.
 * Only `GET /healthz` is answered to those who do not know the secret.
 */
export function createAdminServer({ installation, secret, version, log }: AdminServerOptions): AdminServer {
  const report = (error: unknown) => log.warn({ err: error }, 'unexpected');
  // The handler hands this value on as it is, while it may make a copy of a request.
  const callers = new WeakMap<AuthInfo, AdminCaller>();
  const handler: McpHttpHandler = createMcpHandler(
    ({ authInfo }) => {
      const caller = authInfo && callers.get(authInfo);
      if (caller === undefined) throw new Error('a request without its caller');
      // What happens in other tenants is theirs to know.
      const viewer = [caller.tenant];
      return createAdminMcpServer({
        installation,
        viewer,
        version,
        report,
        onCall: (call) => record(log, caller, call),
      });
    },
    { onerror: report },
  );
  const serve = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const path = URL.parse(incoming.url ?? '', 'http://localhost')?.pathname;
    if (path === '/healthz') return refuse(incoming, outgoing, 200);
    const caller = readCaller(incoming.headers, secret());
    if (typeof caller === 'number') {
      log.warn({ status: caller, remote: incoming.socket.remoteAddress }, 'refused a request');
      return refuse(incoming, outgoing, caller);
    }
    if (path !== ADMIN_PATH) return refuse(incoming, outgoing, 404);
    const authInfo = { token: '', clientId: caller.subject, scopes: [] };
    callers.set(authInfo, caller);
    void serveFetch((request) => handler.fetch(request, { authInfo }), incoming, outgoing, report);
  };
  const http = createServer(serve);
  return {
    http,
    close: async () => {
      http.close();
      await handler.close();
      http.closeAllConnections();
    },
  };
}

function refuse(incoming: IncomingMessage, outgoing: ServerResponse, status: number): void {
  incoming.resume();
  outgoing.writeHead(status, { 'cache-control': 'no-store' }).end();
}

// Arguments stay out of it: what was refused may be a credential.
function record(
  log: Logger,
  { subject, issuer, tenant, requestId }: AdminCaller,
  { tool, changes, about, outcome }: ToolCall,
): void {
  const line = { tool, about, outcome, subject, issuer, tenant, requestId };
  if (changes) log.info(line, outcome === 'done' ? 'changed by an administrator' : 'refused to an administrator');
  else log.debug(line, 'looked at by an administrator');
}
