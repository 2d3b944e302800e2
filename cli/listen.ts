import { once } from 'node:events';
import type { Server } from 'node:net';
import { UserError } from '../core/errors.ts';

/** Listens on a TCP port; 0 picks a free one. Throws a UserError `port-taken` if that fails. */
export async function listenTcp(server: Server, port: number, address: string): Promise<void> {
  server.listen(port, address);
  await once(server, 'listening').catch((cause: Error) => {
    throw new UserError('port-taken', `cannot listen on port ${port}: ${cause.message}`, { cause });
  });
}
