import { once } from 'node:events';
import { createServer } from 'node:net';
import { UserError } from '../../core/errors.ts';

/** A returned port is not returned again for this many calls, because its user may not listen yet. */
const RESERVED_PORTS = 256;
const ATTEMPTS = 50;
const reserved: number[] = [];

/** A free TCP port of `host`. Concurrent calls get different ports. */
export async function freePort(host: string): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const port = await listenOnce(host, 0);
    if (reserved.includes(port)) continue;
    reserved.push(port);
    if (reserved.length > RESERVED_PORTS) reserved.shift();
    return port;
  }
  throw new Error(`found no free port on ${host}`);
}

/**
 * Checks that this process can listen on a port. Port 0 always passes.
 *
 * @throws UserError `port-taken` if another process listens there or the port needs privileges, `config` if `host` is not an
 * address of this machine
 */
export async function assertPortFree(
  host: string,
  port: number,
  { platform = process.platform }: { platform?: NodeJS.Platform } = {},
): Promise<void> {
  try {
    await listenOnce(host, port);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') {
      const command = platform === 'linux' ? `ss -ltnp 'sport = :${port}'` : `lsof -nP -iTCP:${port} -sTCP:LISTEN`;
      throw new UserError('port-taken', `port ${port} on ${host} is already in use`, {
        hint: `Find the process that uses it: ${command}\nOr choose another port with --port N; --port 0 picks a free one.`,
        cause,
      });
    }
    if (code === 'EACCES') {
      throw new UserError('port-taken', `port ${port} on ${host} needs privileges that this user does not have`, {
        hint: 'Choose a port from 1024 up with --port N; --port 0 picks a free one.',
        cause,
      });
    }
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
      throw new UserError('config', `${host} is not an address of this machine`, {
        hint: 'Use 127.0.0.1 for this machine only, or 0.0.0.0 for all interfaces.',
        cause,
      });
    }
    throw cause;
  }
}

async function listenOnce(host: string, port: number): Promise<number> {
  const server = createServer();
  server.listen({ host, port, exclusive: true });
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error(`${host} has no TCP port`);
  return address.port;
}
