import { fileURLToPath } from 'node:url';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { startEnvoy } from '../tools/envoy.ts';
import { startRateLimit } from '../tools/ratelimit.ts';
import { startRedis } from '../tools/redis.ts';
import type { StartChain } from './chain.ts';

const CONFIG = fileURLToPath(new URL('../anchors/native-chain.yaml', import.meta.url));
const ISSUER = 'https://issuer.bench.test/';
const AUDIENCE = 'mcp';
const TENANT = 'bench';

/** What a user would configure without this project: jwt_authn, the Go rate limit service on Redis, envelope sessions. */
export const start: StartChain = async (upstreamPort, context) => {
  const identity = await createIdentity();
  const redis = await startRedis(context);
  const rateLimit = await startRateLimit(redis.socketPath, TENANT, context);
  const values = {
    UPSTREAM_PORT: String(upstreamPort),
    RATE_LIMIT_SOCKET: rateLimit.socketPath,
    ISSUER,
    AUDIENCE,
    JWKS: identity.jwks,
  };
  const envoy = await startEnvoy('native-chain', CONFIG, values, context);
  const authorization = `Bearer ${identity.token}`;
  return {
    name: 'native-chain',
    url: `http://127.0.0.1:${envoy.port}/mcp`,
    headers: (session) => (session === undefined ? { authorization } : { authorization, 'mcp-session-id': session }),
    counted: () => redis.sumOfCounters(),
    stop: async () => {
      await envoy.stop();
      await rateLimit.stop();
      await redis.stop();
    },
  };
};

/** A key set, and one RS256 token that it verifies. */
async function createIdentity(): Promise<{ jwks: string; token: string }> {
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid: 'bench', alg: 'RS256', use: 'sig' };
  const token = await new SignJWT({ tenant: TENANT })
    .setProtectedHeader({ alg: 'RS256', kid: 'bench' })
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setSubject('load')
    .setIssuedAt()
    .setExpirationTime('12h')
    .sign(privateKey);
  return { jwks: JSON.stringify({ keys: [jwk] }), token };
}
