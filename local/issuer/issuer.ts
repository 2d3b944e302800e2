import { createServer, type Server } from 'node:http';
import { UserError } from '../../core/errors.ts';
import type { Logger } from '../../runtime/log.ts';
import { ClientStore } from './client-store.ts';
import { loadSigningKeys } from './keys.ts';
import { withLibraryNotices } from './library-notices.ts';
import { issuerFiles, readIssuerUrl, writeIssuerUrl } from './state-files.ts';

/** Settings of the development issuer. */
export interface DevelopmentIssuerOptions {
  /** The state folder of the gateway. Keys, URL and clients are in its subfolder `issuer`. */
  stateDir: string;
  /** 0 uses the port of the last start, or a free one. */
  port: number;
  /** Default 127.0.0.1. The issuer requires no password, so it must not be reachable from other machines. */
  host?: '127.0.0.1';
  /** Claim `tenant` of every token. */
  tenant: string;
  /** Resource URLs that the gateway accepts: the public root first, then each backend. Called for every request. */
  resources: () => readonly string[];
  /** Scopes that tokens may have, besides those of OpenID Connect. Called for every request. */
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
 * @throws UserError `port-taken` if the given port is in use, `config` if the stored keys are damaged
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
      throw new UserError('port-taken', `port ${port} on ${host} is already in use`, {
        hint: 'End the other program, or choose another port for the development issuer; 0 picks a free one.',
        cause: error,
      });
    }
    const free = await tryListen(server, 0, host);
    logger.warn(
      { lastPort, port: free },
      `port ${lastPort} of the development issuer is in use; using port ${free}, so tokens issued before are no longer accepted`,
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
