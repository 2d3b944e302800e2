import { rmSync } from 'node:fs';
import type { Server } from 'node:http';

/** Listens on a Unix socket that only this user may open. It replaces a socket file that an earlier process left there. */
export async function listenUnix(server: Server, socket: string): Promise<void> {
  rmSync(socket, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    // Set before the file exists, so that nobody connects in between. listen() creates it before it returns.
    const before = process.umask(0o177);
    try {
      server.listen(socket, resolve);
    } finally {
      process.umask(before);
    }
  });
}
