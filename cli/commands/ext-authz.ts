import { isDeepStrictEqual } from 'node:util';
import type { CheckServices } from '../../ext-authz/check/check.ts';
import { SessionOpener } from '../../ext-authz/check/session-opener.ts';
import { createHttpServer, listenUnix } from '../../ext-authz/http.ts';
import { TokenVerifier } from '../../ext-authz/identity/verify.ts';
import { addAuthorization } from '../../ext-authz/service.ts';
import { serveUnix } from '../../runtime/grpc/server.ts';
import { createLogger } from '../../runtime/log.ts';
import { PolicyClient } from '../../runtime/policy/client.ts';
import { watchSessionKeys } from '../../runtime/session-keys.ts';
import { untilShutdown } from '../../runtime/shutdown.ts';
import { type Command, parseOptions, required } from '../command.ts';

const DRAIN_MS = 5_000;

const help = `Usage: mcp-gateway ext-authz --socket PATH --http-socket PATH --watcher PATH --session-keys FILE

The request side of the gateway: Envoy asks it about every request (ext_authz v3 over gRPC).
Several may run; Envoy balances over them.

  --socket PATH        Unix socket for Envoy's questions
  --http-socket PATH   Unix socket for the OAuth metadata of RFC 9728, and /readyz
  --watcher PATH       Unix socket of the watcher, which hands out the policy
  --session-keys FILE  keys that open sessions, one a line: 32 bytes in base64; read again when the file changes
  --log-level LEVEL    trace, debug, info (default), warn, error

SIGTERM: takes no new requests, answers those under way, ends with 0.`;

/** `mcp-gateway ext-authz` */
export const extAuthz: Command = { summary: 'decide about requests (a role of the gateway)', help, run };

async function run(args: string[]): Promise<number> {
  const { values } = parseOptions('ext-authz', args, {
    socket: { type: 'string' },
    'http-socket': { type: 'string' },
    watcher: { type: 'string' },
    'session-keys': { type: 'string' },
    'log-level': { type: 'string', default: 'info' },
  });
  const option = (name: 'socket' | 'http-socket' | 'watcher' | 'session-keys') =>
    required('ext-authz', name, values[name]);
  const [socket, httpSocket, watcherSocket, keyFile] = [
    option('socket'),
    option('http-socket'),
    option('watcher'),
    option('session-keys'),
  ];
  const log = createLogger({ name: 'ext-authz', level: values['log-level'] });

  const keys = watchSessionKeys(keyFile, log, (changed) => sessions.useKeys(changed));
  const sessions = new SessionOpener(keys.keys);
  let verifier = new TokenVerifier({ issuers: [], log });
  const shutdown = untilShutdown();
  const prepared = Promise.withResolvers<void>();
  const policy = new PolicyClient({
    socket: watcherSocket,
    subscriber: `ext-authz ${socket}`,
    log,
    onPolicy: ({ settings: { issuers } }, before) => {
      if (before !== undefined && isDeepStrictEqual(issuers, before.settings.issuers)) return;
      verifier = new TokenVerifier({ issuers, log });
      void verifier.warmUp().then(prepared.resolve);
    },
  });
  const services = (): CheckServices => ({ policy: policy.current, verifier, sessions, admission: [], now: Date.now });
  const http = createHttpServer(() => policy.current);
  await listenUnix(http, httpSocket);
  // Envoy asks another worker for as long as there is no socket; one that knows nothing yet could only refuse.
  await Promise.race([prepared.promise, shutdown]);
  const server = await serveUnix(socket, (grpc) => addAuthorization(grpc, services, log));
  log.info({ socket }, 'ready');

  await shutdown;
  await server.stop(DRAIN_MS);
  http.close();
  http.closeAllConnections();
  policy.close();
  keys.close();
  return 0;
}
