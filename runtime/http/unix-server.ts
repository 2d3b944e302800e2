import { rmSync } from 'node:fs';
import type { Server } from 'node:http';

/** Listens on a Unix socket and replaces a socket file that an earlier process left there. */
export async function listenUnix(server: Server, socket: string): Promise<void> {
  rmSync(socket, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(socket, resolve);
  });
}
