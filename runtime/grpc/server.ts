import { chmodSync, rmSync } from 'node:fs';
import { Server, ServerCredentials, type ServerOptions } from '@grpc/grpc-js';

/** A gRPC server that listens on a Unix socket. */
export interface RunningServer {
  /** Takes no new calls, lets those under way end for at most `graceMs`, then closes and removes the socket. */
  stop(graceMs: number): Promise<void>;
}

const OPTIONS: ServerOptions = {
  'grpc.max_receive_message_length': 4 << 20,
  // Nobody asks for grpc-js's own call statistics, and they cost time on every call.
  'grpc.enable_channelz': 0,
  // Envoy keeps one connection for as long as both live.
  'grpc.max_connection_idle_ms': 2_147_483_647,
};

/**
 * Serves on a Unix socket that only this user may open. A socket file that an earlier process left is replaced.
 * `register` adds the services before the server listens.
 */
export async function serveUnix(socket: string, register: (server: Server) => void): Promise<RunningServer> {
  const server = new Server(OPTIONS);
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
          // Only once: by the second time another process may listen there.
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
        // Without channelz forceShutdown() knows no connections; drain() ends those that are left after the grace.
        server.drain(`unix:${socket}`, graceMs);
        server.tryShutdown(done);
      }),
  };
}
