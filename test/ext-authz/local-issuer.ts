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

/** How an issuer answers; `silent-keys` answers the discovery document and leaves who asks for keys without an answer. */
export type IssuerMood = 'well' | 'broken' | 'silent' | 'silent-keys';

/** An OpenID issuer on loopback: discovery and keys over real HTTP. */
export interface LocalIssuer {
  url: string;
  /** The keys that it publishes. The first one signs. */
  keys: IssuerKey[];
  /** What it publishes besides. */
  moreKeys: unknown[];
  mood: IssuerMood;
  /** What its discovery document calls it. */
  callsItself: string;
  /** Paths that were asked for. */
  asked: string[];
  /** How many questions are left without an answer, of those that still wait for one. */
  readonly unanswered: number;
  /** A token; default: subject `alice`, audience `aud`, good for an hour from `nowSeconds`. An undefined `kid` is left out. */
  sign(claims?: Record<string, unknown>, header?: Record<string, unknown>, key?: IssuerKey): Promise<string>;
  newKey(kid: string, algorithm?: string): Promise<IssuerKey>;
  close(): Promise<void>;
}

/** How an issuer is started. */
export interface IssuerOptions {
  /** Path of its URL, such as `/realms/a`. Default: none. */
  path?: string;
  /** When its tokens are made. Default: {@link NOW_SECONDS}. */
  nowSeconds?: () => number;
}

/** Second at which tokens are made and looked at in these tests. */
export const NOW_SECONDS = 1_800_000_000;

/** The time of this machine, for a gateway that uses the machine's clock. */
export const machineSeconds = (): number => Math.floor(Date.now() / 1000);

/** Starts an issuer. */
export async function startIssuer({
  path = '',
  nowSeconds = () => NOW_SECONDS,
}: IssuerOptions = {}): Promise<LocalIssuer> {
  const waiting = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    const asked = request.url ?? '';
    issuer.asked.push(asked);
    if (issuer.mood === 'silent' || (issuer.mood === 'silent-keys' && asked === `${path}/jwks`)) {
      waiting.add(response);
      response.once('close', () => waiting.delete(response));
      return;
    }
    if (issuer.mood === 'broken') return void response.writeHead(503).end('down');
    response.setHeader('content-type', 'application/json');
    if (asked === `${path}/.well-known/openid-configuration`) {
      return void response.end(JSON.stringify({ issuer: issuer.callsItself, jwks_uri: `${issuer.url}/jwks` }));
    }
    if (asked === `${path}/jwks`) {
      const keys = [...issuer.keys.map(({ publicJwk }) => publicJwk), ...issuer.moreKeys];
      return void response.end(JSON.stringify({ keys }));
    }
    response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
  const newKey = async (kid: string, algorithm = 'ES256'): Promise<IssuerKey> => {
    const pair = await generateKeyPair(algorithm, { extractable: true });
    return { kid, pair, publicJwk: { ...(await exportJWK(pair.publicKey)), kid, alg: algorithm, use: 'sig' } };
  };
  const issuer: LocalIssuer = {
    url,
    keys: [await newKey('first')],
    moreKeys: [],
    mood: 'well',
    callsItself: url,
    asked: [],
    get unanswered() {
      return waiting.size;
    },
    newKey,
    sign: (claims = {}, header = {}, key = issuer.keys[0]) => {
      if (key === undefined) throw new Error('the issuer has no key');
      const now = nowSeconds();
      const payload = { iss: url, sub: 'alice', aud: 'aud', iat: now, exp: now + 3600, ...claims };
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
