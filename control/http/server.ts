import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AuthInfo, createMcpHandler, type McpHttpHandler } from '@modelcontextprotocol/server';
import type { Logger } from '../../runtime/log.ts';
import type { Installation } from '../installation.ts';
import { createAdminMcpServer } from '../mcp/server.ts';
import type { ToolCall } from '../mcp/tools/tool.ts';
import { type AdminCaller, readCaller } from './caller.ts';
import { serveFetch } from './fetch.ts';

/** Path of the MCP endpoint; the gateway forwards `/gateway/mcp` to it. */
const ADMIN_PATH = '/mcp';

/** What the server of the admin tools needs. */
export interface AdminServerOptions {
  installation: Installation;
  /** The secret that the gateway sends; undefined before it was read. */
  secret: () => string | undefined;
  /** Version of this program. */
  version: string;
  log: Logger;
}

/** A server of the admin tools. */
export interface AdminServer {
  http: Server;
  /** Ends open requests. */
  close(): Promise<void>;
}

/**
 * The tools of `mcp-gateway serve` over Streamable HTTP, in both MCP eras and without sessions: any process can answer any request.
 * Without the secret, only `GET /healthz` is answered.
 */
export function createAdminServer({ installation, secret, version, log }: AdminServerOptions): AdminServer {
  const report = (error: unknown) => log.warn({ err: error }, 'unexpected failure');
  // Keyed by the authInfo: the handler passes it on unchanged, while it may copy the request.
  const callers = new WeakMap<AuthInfo, AdminCaller>();
  const handler: McpHttpHandler = createMcpHandler(
    ({ authInfo }) => {
      const caller = authInfo && callers.get(authInfo);
      if (caller === undefined) throw new Error('the caller of a request is missing');
      // Sessions and requests of other tenants are not shown.
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
    if (path === '/healthz') return answerEmpty(incoming, outgoing, 200);
    const caller = readCaller(incoming.headers, secret());
    if (typeof caller === 'number') {
      log.warn({ status: caller, remote: incoming.socket.remoteAddress }, 'denied a request');
      return answerEmpty(incoming, outgoing, caller);
    }
    if (path !== ADMIN_PATH) return answerEmpty(incoming, outgoing, 404);
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

function answerEmpty(incoming: IncomingMessage, outgoing: ServerResponse, status: number): void {
  incoming.resume();
  outgoing.writeHead(status, { 'cache-control': 'no-store' }).end();
}

// Arguments are not logged: a rejected one may be a credential.
function record(
  log: Logger,
  { subject, issuer, tenant, requestId }: AdminCaller,
  { tool, changes, about, outcome }: ToolCall,
): void {
  const line = { tool, about, outcome, subject, issuer, tenant, requestId };
  if (changes) log.info(line, outcome === 'done' ? 'changed by an administrator' : 'denied to an administrator');
  else log.debug(line, 'read by an administrator');
}
