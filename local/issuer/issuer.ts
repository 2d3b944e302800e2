import { createServer, type Server } from 'node:http';
import { UserError } from '../../core/errors.ts';
import type { Logger } from '../../runtime/log.ts';
import { ClientStore } from './client-store.ts';
import { loadSigningKeys } from './keys.ts';
import { withLibraryNotices } from './library-notices.ts';
import { issuerFiles, readIssuerUrl, writeIssuerUrl } from './state-files.ts';

/** How the development issuer is started. */
export interface DevelopmentIssuerOptions {
  /** The state folder of the gateway; keys, URL and clients are kept in its subfolder `issuer`. */
  stateDir: string;
  /** 0 takes the port of the last start, or a free one. */
  port: number;
  /** Default 127.0.0.1; the issuer asks for no password, so it is never reachable from elsewhere. */
  host?: '127.0.0.1';
  /** Claim `tenant` of every token. */
  tenant: string;
  /** The resource URLs that the gateway accepts: the public root first, then each backend. Asked anew for every request. */
  resources: () => readonly string[];
  /** The scopes that tokens may be given, besides those of OpenID Connect. Asked anew for every request. */
  scopes: () => readonly string[];
  logger: Logger;
}

/** A running development issuer. */
export interface DevelopmentIssuer {
  /** The issuer URL, without a trailing slash, as in the claim `iss`. */
  issuer: string;
  /** Closes the listener and its connections. */
  stop(): Promise<void>;
}

/**
 * Starts a real OAuth 2.1 and OpenID Connect server on loopback for development: discovery, dynamic client registration,
 * authorization code with PKCE, refresh tokens, resource indicators.
 *
 * @throws UserError `port-taken` when a given port is in use, `config` when the kept keys are damaged.
 */
export async function startDevelopmentIssuer(options: DevelopmentIssuerOptions): Promise<DevelopmentIssuer> {
  const { stateDir, host = '127.0.0.1', tenant, resources, scopes, logger } = options;
  const [keys, clients] = await Promise.all([
    loadSigningKeys(stateDir),
    ClientStore.open({ path: issuerFiles(stateDir).clients, logger }),
  ]);
  return withLibraryNotices(logger, async () => {
    const { createProvider } = await import('./provider.ts');
    const server = createServer();
    const issuer = `http://${host}:${await listen(server, options, host)}`;
    try {
      server.on('request', createProvider({ issuer, tenant, resources, scopes, keys, clients, logger }).callback());
      await writeIssuerUrl(stateDir, issuer);
    } catch (error) {
      await close(server);
      throw error;
    }
    logger.debug({ issuer }, 'the development issuer is ready');
    return { issuer, stop: () => close(server) };
  });
}

async function listen(
  server: Server,
  { stateDir, port, logger }: DevelopmentIssuerOptions,
  host: string,
): Promise<number> {
  const last = await readIssuerUrl(stateDir);
  const lastPort = last === undefined ? 0 : Number(new URL(last).port);
  try {
    return await tryListen(server, port || lastPort, host);
  } catch (error) {
    if (!isPortTaken(error)) throw error;
    if (port !== 0) {
      throw new UserError('port-taken', `port ${port} of ${host} is in use`, {
        hint: 'End the other program, or choose another port for the development issuer; 0 takes a free one.',
        cause: error,
      });
    }
    const free = await tryListen(server, 0, host);
    logger.warn(
      { lastPort, port: free },
      `port ${lastPort} of the development issuer is in use, so it has moved to ${free}; earlier tokens are no longer accepted`,
    );
    return free;
  }
}

function tryListen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

function isPortTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
