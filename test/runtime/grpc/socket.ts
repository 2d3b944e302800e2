import { join } from 'node:path';
import { credentials, type Server } from '@grpc/grpc-js';
import type { ClientConstructor } from '../../../protos/load.ts';
import { type RunningServer, serveUnix } from '../../../runtime/grpc/server.ts';
import { emptyFolder } from '../processes/folder.ts';

/** Path of a new Unix socket. */
export function freeSocket(): string {
  return join(emptyFolder(), 'test.sock');
}

/** A client of a service on a Unix socket. */
export function clientOn<Client>(socket: string, Service: ClientConstructor<Client>): Client {
  return new Service(`unix:${socket}`, credentials.createInsecure());
}

/** Serves on a new Unix socket. */
export async function serveAnywhere(register: (server: Server) => void): Promise<RunningServer & { socket: string }> {
  const socket = freeSocket();
  return { ...(await serveUnix(socket, register)), socket };
}
