import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';

type KeyPair = Awaited<ReturnType<typeof generateKeyPair>>;

/** A signing key of the issuer. */
export interface IssuerKey {
  kid: string;
  pair: KeyPair;
  publicJwk: JWK;
}

/** How an issuer answers. */
export type IssuerMood = 'well' | 'broken' | 'silent';

/** An OpenID issuer on loopback: discovery and keys over real HTTP. */
export interface LocalIssuer {
  url: string;
  /** The keys that it publishes. The first one signs. */
  keys: IssuerKey[];
  mood: IssuerMood;
  /** What its discovery document calls it. */
  callsItself: string;
  /** Paths that were asked for. */
  asked: string[];
  /** A token; default: subject `alice`, audience `aud`, good for an hour from `nowSeconds`. */
  sign(claims?: Record<string, unknown>, header?: Record<string, unknown>, key?: IssuerKey): Promise<string>;
  newKey(kid: string, algorithm?: string): Promise<IssuerKey>;
  close(): Promise<void>;
}

/** Second at which tokens are made and looked at in these tests. */
export const NOW_SECONDS = 1_800_000_000;

/** Starts an issuer. */
export async function startIssuer(): Promise<LocalIssuer> {
  const waiting = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    issuer.asked.push(request.url ?? '');
    if (issuer.mood === 'silent') return void waiting.add(response);
    if (issuer.mood === 'broken') return void response.writeHead(503).end('down');
    response.setHeader('content-type', 'application/json');
    if (request.url === '/.well-known/openid-configuration') {
      return void response.end(JSON.stringify({ issuer: issuer.callsItself, jwks_uri: `${issuer.url}/jwks` }));
    }
    if (request.url === '/jwks') {
      return void response.end(JSON.stringify({ keys: issuer.keys.map(({ publicJwk }) => publicJwk) }));
    }
    response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const newKey = async (kid: string, algorithm = 'ES256'): Promise<IssuerKey> => {
    const pair = await generateKeyPair(algorithm, { extractable: true });
    return { kid, pair, publicJwk: { ...(await exportJWK(pair.publicKey)), kid, alg: algorithm, use: 'sig' } };
  };
  const issuer: LocalIssuer = {
    url,
    keys: [await newKey('first')],
    mood: 'well',
    callsItself: url,
    asked: [],
    newKey,
    sign: (claims = {}, header = {}, key = issuer.keys[0]) => {
      if (key === undefined) throw new Error('the issuer has no key');
      const payload = { iss: url, sub: 'alice', aud: 'aud', iat: NOW_SECONDS, exp: NOW_SECONDS + 3600, ...claims };
      const protectedHeader = { alg: key.publicJwk.alg ?? '', kid: key.kid, ...header };
      return new SignJWT(payload).setProtectedHeader(protectedHeader).sign(key.pair.privateKey);
    },
    close: async () => {
      for (const response of waiting) response.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return issuer;
}
