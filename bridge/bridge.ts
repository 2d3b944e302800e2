import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { messageOf } from '../core/errors.ts';
import type { Logger } from '../runtime/log.ts';
import { serveEndpoint } from './endpoint.ts';
import { ProcessSessions } from './process-sessions.ts';
import { programExists } from './program.ts';
import { ServerProcess } from './server-process.ts';
import type { StartServer } from './session-server.ts';

/** Settings of {@link startBridge}. */
export interface BridgeOptions {
  /** Address to listen on. */
  host: string;
  /** 0 picks a free one. */
  port: number;
  /** Path of the MCP endpoint, such as `/mcp`. */
  path: string;
  /** Program and arguments of the stdio server. */
  command: readonly [string, ...string[]];
  /** Environment of the bridge. Servers get it without `BRIDGE_VARIABLES`. */
  env: Readonly<Record<string, string | undefined>>;
  maxSessions: number;
  /** A session without a request or a connection for this long is ended. */
  idleMs: number;
  /** How long a server may take to answer `initialize`. */
  startMs: number;
  /** How long a server may take to end after SIGTERM, before its process group gets SIGKILL. */
  graceMs: number;
  /** A larger message from a client is denied; one from a server is dropped. */
  maxMessageBytes: number;
  /** File that lists the running servers. */
  recordFile: string | undefined;
  log: Logger;
  /** Milliseconds since the epoch. Default `Date.now`. */
  now?: () => number;
}

/** A bridge that listens. */
export interface Bridge {
  port: number;
  /** Opens no more sessions, waits up to `drainMs` for the open ones to end, then ends everything. */
  stop(drainMs: number): Promise<void>;
}

/** Variables that configure the bridge's own Node process and listener. They must not reach the servers. */
const BRIDGE_VARIABLES = ['NODE_OPTIONS', 'NODE_CHANNEL_FD', 'NODE_CHANNEL_SERIALIZATION_MODE', 'PORT'];

// DNS rebinding (MCP, Streamable HTTP, security): a web page whose host name resolves to this machine. A request through a gateway
// carries the gateway's host and port, which differ from those of a bridge on loopback.
function isRebound({ headers: { origin, host }, socket: { localAddress, localPort } }: IncomingMessage): boolean {
  if (origin === undefined || !/^(::ffff:)?127\.|^::1$/.test(localAddress ?? '')) return false;
  const target = URL.parse(`http://${host}`);
  const isOwnPort = (target?.port || '80') === String(localPort);
  return target === null || (isOwnPort && !/^(localhost|127\.[\d.]+|\[::1\])$/.test(target.hostname));
}

/** Starts a Streamable HTTP server in front of a stdio server. Each session has a process of its own. */
export async function startBridge(options: BridgeOptions): Promise<Bridge> {
  const { command, log, maxMessageBytes, path } = options;
  const env = Object.fromEntries(Object.entries(options.env).filter(([name]) => !BRIDGE_VARIABLES.includes(name)));
  const [program] = command;
  const { graceMs, recordFile, maxSessions, idleMs, startMs, now = Date.now } = options;
  const spec = { command, env, maxMessageBytes, graceMs, recordFile };
  const startServer: StartServer = (start) => ServerProcess.start(spec, start);
  const sessions = new ProcessSessions({
    ...{ startServer, maxMessageBytes, maxSessions, idleMs, startMs, graceMs, log, now },
  });
  const notFound = `the program ${program} was not found`;
  if (!programExists(program, env.PATH)) log.error(notFound);

  const health = (): [status: number, text: string] => {
    if (sessions.draining) return [503, 'draining'];
    return programExists(program, env.PATH) ? [200, 'ok'] : [503, notFound];
  };
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const pathname = (request.url ?? '/').split('?')[0];
    if (isRebound(request)) {
      response.writeHead(403).end();
    } else if (pathname === '/healthz') {
      const [status, text] = health();
      response.writeHead(status, { 'content-type': 'text/plain' }).end(`${text}\n`);
    } else if (pathname === path) {
      await serveEndpoint(sessions, maxMessageBytes, request, response);
    } else {
      response.writeHead(404).end();
    }
  };
  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      // A client that hangs up in the middle of its request is not an error.
      if (!request.destroyed || request.complete) log.error(`a request failed: ${messageOf(error)}`);
      if (response.headersSent) response.destroy();
      else response.writeHead(500).end();
    });
  });
  server.listen({ port: options.port, host: options.host });
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;
  log.info({ port, host: options.host, path, program, maxSessions }, 'bridge listens');

  return {
    port,
    async stop(drainMs) {
      await sessions.drain(drainMs);
      server.close();
      server.closeAllConnections();
    },
  };
}
