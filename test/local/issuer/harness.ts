import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js';
import type {
  OAuthClientInformationMixed,
  OAuthClientMetadata,
  OAuthTokens,
} from '@modelcontextprotocol/sdk/shared/auth.js';
import { pino } from 'pino';
import { type DevelopmentIssuer, startDevelopmentIssuer } from '../../../local/issuer/issuer.ts';

/** A logger that records its lines. */
export function recordingLogger() {
  const lines: Array<{ level: number; msg: string }> = [];
  const logger = pino({ level: 'debug' }, { write: (line: string) => lines.push(JSON.parse(line)) });
  return { logger, lines };
}

/** An empty state folder; `remove` deletes it. */
export async function temporaryState() {
  const stateDir = await mkdtemp(join(tmpdir(), 'issuer-'));
  return { stateDir, remove: () => rm(stateDir, { recursive: true, force: true }) };
}

/** Starts the issuer on the port of its last start, or a free one. */
export async function startIssuer(
  stateDir: string,
  resources: () => string[],
  scopes: () => string[] = () => ['mcp'],
): Promise<DevelopmentIssuer> {
  const { logger } = recordingLogger();
  return startDevelopmentIssuer({ stateDir, port: 0, tenant: 'engineering', resources, scopes, logger });
}

/** A server with the gateway's part of a login: RFC 9728 metadata of its root and of `/everything/mcp`. */
export async function startResourceMetadata(issuer: () => string) {
  const server = createServer((request, response) => {
    const root = `http://${request.headers.host}`;
    const [, path] = /^\/\.well-known\/oauth-protected-resource(|\/everything\/mcp)$/.exec(request.url ?? '') ?? [];
    if (path === undefined) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify({ resource: `${root}${path}`, authorization_servers: [issuer()], scopes_supported: ['mcp'] }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    root: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The client side of a login with the official SDK, in memory. */
export class MemoryOAuthClient implements OAuthClientProvider {
  readonly redirectUrl = 'http://127.0.0.1:6274/oauth/callback';
  readonly clientMetadata: OAuthClientMetadata = {
    client_name: 'Test client',
    redirect_uris: [this.redirectUrl],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  };
  client: OAuthClientInformationMixed | undefined;
  current: OAuthTokens | undefined;
  authorizationUrl: URL | undefined;
  #verifier = '';

  clientInformation() {
    return this.client;
  }
  saveClientInformation(client: OAuthClientInformationMixed) {
    this.client = client;
  }
  tokens() {
    return this.current;
  }
  saveTokens(tokens: OAuthTokens) {
    this.current = tokens;
  }
  redirectToAuthorization(url: URL) {
    this.authorizationUrl = url;
  }
  saveCodeVerifier(verifier: string) {
    this.#verifier = verifier;
  }
  codeVerifier() {
    return this.#verifier;
  }
}
