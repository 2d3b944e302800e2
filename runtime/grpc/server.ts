import { chmodSync, rmSync } from 'node:fs';
import type { ServerOptions as Http2Options } from 'node:http2';
import { Server, ServerCredentials, type ServerOptions } from '@grpc/grpc-js';

/** A gRPC server that listens on a Unix socket. */
export interface RunningServer {
  /** Accepts no new calls, waits up to `graceMs` for open ones, then closes and removes the socket. */
  stop(graceMs: number): Promise<void>;
}

const OPTIONS: ServerOptions = {
  'grpc.max_receive_message_length': 4 << 20,
  // The call statistics of grpc-js are not used, and they cost time on every call.
  'grpc.enable_channelz': 0,
  // Envoy keeps one connection open for its whole life.
  'grpc.max_connection_idle_ms': 2_147_483_647,
};

/**
 * Envoy's one connection carries the calls for all of its clients, and a client that resets its requests makes Envoy reset calls. By
 * default Node ends a connection after about 1,000 resets, and with it the calls for everybody else. Only this user may open the
 * socket, so the limits of `envoy.yaml` for each client are the ones that count.
 */
const UNLIMITED_RESETS: Http2Options = {
  streamResetBurst: 0xffff_ffff,
  streamResetRate: 0xffff_ffff,
  maxSessionInvalidFrames: 0xffff_ffff,
  maxSessionRejectedStreams: 0xffff_ffff,
};

/**
 * Sets options of Node's HTTP/2 server. grpc-js has no option for them, but keeps the options that it passes on in this field.
 *
 * @throws Error if this version of grpc-js keeps them elsewhere
 */
function useHttp2Options(server: Server, options: Http2Options): void {
  const { commonServerOptions } = server as unknown as { commonServerOptions?: Http2Options };
  if (commonServerOptions === undefined) throw new Error('this version of grpc-js hides the options of HTTP/2');
  Object.assign(commonServerOptions, options);
}

/**
 * Serves on a Unix socket that only this user may open. It replaces a socket file that an earlier process left.
 *
 * @param register adds the services before the server listens
 */
export async function serveUnix(socket: string, register: (server: Server) => void): Promise<RunningServer> {
  const server = new Server(OPTIONS);
  useHttp2Options(server, UNLIMITED_RESETS);
  register(server);
  rmSync(socket, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(`unix:${socket}`, ServerCredentials.createInsecure(), (error) =>
      error ? reject(error) : resolve(),
    );
  });
  chmodSync(socket, 0o600);
  return {
    stop: (graceMs) =>
      new Promise((resolve) => {
        let stopped = false;
        const done = () => {
          // Remove the socket only once: later another process may listen there.
          if (stopped) return;
          stopped = true;
          clearTimeout(timer);
          rmSync(socket, { force: true });
          resolve();
        };
        const timer = setTimeout(() => {
          server.forceShutdown();
          done();
        }, graceMs);
        // Without channelz, forceShutdown() does not know the connections. drain() ends them after the grace period.
        server.drain(`unix:${socket}`, graceMs);
        server.tryShutdown(done);
      }),
  };
}
