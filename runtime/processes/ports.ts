import { once } from 'node:events';
import { createServer } from 'node:net';
import { UserError } from '../../core/errors.ts';

/** A port that was handed out stays out of use for this many calls: its receiver may not be listening yet. */
const REMEMBERED_PORTS = 256;
const ATTEMPTS = 50;
const handedOut: number[] = [];

/** A TCP port of `host` on which nobody listens. Calls at the same time get different ports. */
export async function freePort(host: string): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const port = await listenOnce(host, 0);
    if (handedOut.includes(port)) continue;
    handedOut.push(port);
    if (handedOut.length > REMEMBERED_PORTS) handedOut.shift();
    return port;
  }
  throw new Error(`found no free port on ${host}`);
}

/**
 * Refuses when the port cannot be listened on. Port 0 always passes.
 * @throws UserError `port-taken` when somebody listens there or the port needs privileges, `config` for a foreign host
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
      const look = platform === 'linux' ? `ss -ltnp 'sport = :${port}'` : `lsof -nP -iTCP:${port} -sTCP:LISTEN`;
      throw new UserError('port-taken', `port ${port} on ${host} is taken`, {
        hint: `See who has it: ${look}\nOr choose another port with --port N; --port 0 picks a free one.`,
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
        hint: 'Use 127.0.0.1 for this machine alone, or 0.0.0.0 for every interface.',
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
