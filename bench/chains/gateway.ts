import { type Document, type StartOptions, startGateway } from '../../test/support/gateway.ts';
import { debitsOf, startQuotaRedis } from '../tools/redis.ts';
import type { Chain, StartChain } from './chain.ts';

const BACKEND = 'bench';
const TENANT = { name: 'engineering', match: [{ claim: 'tenant', value: 'engineering' }] };
const DENIED = ['delete_*', 'drop_*', '*_all', 'admin.*'];

/** More than any run uses up, with a negligible refill, so that the level of a bucket shows what was debited. */
const LIMIT = { requests: 1, per: 'day', burst: 100_000_000 };

/** Quotas by the number of limits that apply to a call of the benchmark. */
const QUOTAS: Readonly<Record<1 | 4, Document>> = {
  1: LIMIT,
  4: {
    ...LIMIT,
    users: LIMIT,
    backends: { [BACKEND]: LIMIT },
    rules: [{ name: 'echo', tools: ['echo'], ...LIMIT }],
  },
};

/** The gateway with policy and its audit log, without a quota, started by `mcp-gateway up`. */
export const start: StartChain = (upstreamPort) => startChain('gateway', withPolicy(upstreamPort));

/** The same gateway without policy except for the tenant; the difference is the cost of policy. */
export const startWithoutPolicy: StartChain = (upstreamPort) =>
  startChain('gateway-no-policy', {
    backends: { [BACKEND]: backend(upstreamPort) },
    tenants: { tenants: [TENANT] },
  });

/** The gateway with policy and a quota in a Redis of its own. */
export function withQuota(name: string, limits: 1 | 4): StartChain {
  return async (upstreamPort, context) => {
    const redis = await startQuotaRedis(name, context);
    const chain = await startChain(name, {
      ...withPolicy(upstreamPort, QUOTAS[limits]),
      // On a busy machine Redis may answer late. With the default deadline ext-authz would then not use it for a second.
      settings: { redis: { url: redis.url }, quotas: { deadline: '5s' } },
    });
    return {
      ...chain,
      counted: () => debitsOf(redis, limits),
      stop: async () => {
        await chain.stop();
        await redis.stop();
      },
    };
  };
}

function withPolicy(upstreamPort: number, quota?: Document): StartOptions {
  return {
    backends: {
      [BACKEND]: {
        ...backend(upstreamPort),
        tools: { deny: DENIED },
        resources: { deny: ['file:///secret/*'] },
        scopes: [{ need: ['mcp'] }, { tools: ['write_*'], need: ['bench.write'] }],
      },
    },
    tenants: {
      tenants: [
        {
          ...TENANT,
          roles: ['auditor', { name: 'mcp.admin', match: [{ group: 'admins' }] }],
          rules: [
            { tools: { allow: ['get_*', 'list_*', 'search_*', 'bench*', 'echo'] } },
            { roles: ['mcp.admin'], tools: { allow: ['*'] } },
          ],
          ...(quota !== undefined && { quota }),
        },
      ],
    },
  };
}

function backend(upstreamPort: number) {
  const healthCheck = { type: 'http', path: '/healthz' };
  return { name: BACKEND, url: `http://127.0.0.1:${upstreamPort}/mcp`, healthCheck };
}

async function startChain(name: string, options: StartOptions): Promise<Chain> {
  const gateway = await startGateway({ workers: 'default', ...options });
  const authorization = `Bearer ${await gateway.token({ ttlSeconds: 43_200 })}`;
  return {
    name,
    url: gateway.backendUrl(BACKEND),
    headers: (session) => (session === undefined ? { authorization } : { authorization, 'mcp-session-id': session }),
    stop: () => gateway.stop(),
  };
}
