import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { messageOf } from '../core/errors.ts';
import type { Logger } from '../runtime/log.ts';
import { serveEndpoint } from './endpoint.ts';
import { ProcessSessions } from './process-sessions.ts';
import { programExists } from './program.ts';
import { ServerProcess } from './server-process.ts';
import type { StartServer } from './session-server.ts';
import { unreachable } from './sse-health.ts';
import { SseServer, type SseSpec } from './sse-server.ts';

/** Settings of {@link startBridge}. */
export interface BridgeOptions {
  /** Address to listen on. */
  host: string;
  /** 0 picks a free one. */
  port: number;
  /** Path of the MCP endpoint, such as `/mcp`. */
  path: string;
  /** The server: program and arguments of one that speaks stdio, or one that speaks HTTP+SSE. */
  server: { command: readonly [string, ...string[]] } | { sse: Pick<SseSpec, 'url' | 'tls'> };
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

/** Starts a Streamable HTTP server in front of a server that speaks stdio or HTTP+SSE. Each session has a process, or a connection, of its own. */
export async function startBridge(options: BridgeOptions): Promise<Bridge> {
  const { log, maxMessageBytes, path, maxSessions, idleMs, startMs, graceMs, now = Date.now } = options;
  const { startServer, problem } =
    'sse' in options.server ? sseServers(options, options.server.sse) : processes(options, options.server.command);
  const sessions = new ProcessSessions({
    ...{ startServer, maxMessageBytes, maxSessions, idleMs, startMs, graceMs, log, now },
  });
  const missing = await problem();
  if (missing !== undefined) log.error(missing);

  const health = async (): Promise<[status: number, text: string]> => {
    if (sessions.draining) return [503, 'draining'];
    const why = await problem();
    return why === undefined ? [200, 'ok'] : [503, why];
  };
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const pathname = (request.url ?? '/').split('?')[0];
    if (isRebound(request)) {
      response.writeHead(403).end();
    } else if (pathname === '/healthz') {
      const [status, text] = await health();
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
  log.info({ port, host: options.host, path, maxSessions }, 'bridge listens');

  return {
    port,
    async stop(drainMs) {
      await sessions.drain(drainMs);
      server.close();
      server.closeAllConnections();
    },
  };
}

/** How to start the servers of one kind. */
interface Servers {
  startServer: StartServer;
  /** Why no session can be opened now; undefined if one can. */
  problem: () => Promise<string | undefined>;
}

function processes(options: BridgeOptions, command: readonly [string, ...string[]]): Servers {
  const env = Object.fromEntries(Object.entries(options.env).filter(([name]) => !BRIDGE_VARIABLES.includes(name)));
  const { graceMs, recordFile, maxMessageBytes } = options;
  const spec = { command, env, maxMessageBytes, graceMs, recordFile };
  const [program] = command;
  return {
    startServer: (start) => ServerProcess.start(spec, start),
    problem: async () => (programExists(program, env.PATH) ? undefined : `the program ${program} was not found`),
  };
}

function sseServers({ maxMessageBytes, startMs }: BridgeOptions, { url, tls }: Pick<SseSpec, 'url' | 'tls'>): Servers {
  return {
    startServer: (start) => SseServer.start({ url, tls, maxMessageBytes, startMs }, start),
    problem: async () => {
      const why = await unreachable(url);
      return why === undefined ? undefined : `the server cannot be reached: ${why}`;
    },
  };
}
