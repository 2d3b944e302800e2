import { fileURLToPath } from 'node:url';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { startEnvoy } from '../tools/envoy.ts';
import { startRateLimit } from '../tools/ratelimit.ts';
import { startQuotaRedis } from '../tools/redis.ts';
import type { Chain, ChainContext, StartChain } from './chain.ts';

const CONFIG = fileURLToPath(new URL('../anchors/native-chain.yaml', import.meta.url));
const ISSUER = 'https://issuer.bench.test/';
const AUDIENCE = 'mcp';
const TENANT = 'bench';
const USER = 'load';

/** What a user would configure without this project: jwt_authn, the Go rate limit service on Redis, envelope sessions. */
export const start: StartChain = (upstreamPort, context) =>
  startChain('native-chain', '0', { tenant: TENANT }, upstreamPort, context);

/** The same with four limits on a request: tenant, user, backend and tool. */
export const startWithFourLimits: StartChain = (upstreamPort, context) => {
  const descriptors = { tenant: TENANT, user: USER, backend: 'bench', tool: 'echo' };
  return startChain('native-chain-4', '1', descriptors, upstreamPort, context);
};

async function startChain(
  name: string,
  stage: string,
  descriptors: Readonly<Record<string, string>>,
  upstreamPort: number,
  context: ChainContext,
): Promise<Chain> {
  const identity = await createIdentity();
  const redis = await startQuotaRedis(name, context);
  const rateLimit = await startRateLimit(name, redis.socketPath, descriptors, context);
  const values = {
    UPSTREAM_PORT: String(upstreamPort),
    RATE_LIMIT_SOCKET: rateLimit.socketPath,
    STAGE: stage,
    ISSUER,
    AUDIENCE,
    JWKS: identity.jwks,
  };
  const envoy = await startEnvoy(name, CONFIG, values, context);
  const authorization = `Bearer ${identity.token}`;
  const limits = Object.keys(descriptors).length;
  return {
    name,
    url: `http://127.0.0.1:${envoy.port}/mcp`,
    headers: (session) => (session === undefined ? { authorization } : { authorization, 'mcp-session-id': session }),
    // Every value is a counter, and every request increments one per limit. Each hour has counters of its own.
    counted: async () => (await redis.values()).reduce((sum, value) => sum + Number(value), 0) / limits,
    stop: async () => {
      await envoy.stop();
      await rateLimit.stop();
      await redis.stop();
    },
  };
}

/** A key set, and one RS256 token that it verifies. */
async function createIdentity(): Promise<{ jwks: string; token: string }> {
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid: 'bench', alg: 'RS256', use: 'sig' };
  const token = await new SignJWT({ tenant: TENANT })
    .setProtectedHeader({ alg: 'RS256', kid: 'bench' })
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setSubject(USER)
    .setIssuedAt()
    .setExpirationTime('12h')
    .sign(privateKey);
  return { jwks: JSON.stringify({ keys: [jwk] }), token };
}
