import { startGateway } from '../../test/support/gateway.ts';
import type { StartChain } from './chain.ts';

const BACKEND = 'bench';

/** The gateway with everything that is built, started as `mcp-gateway up` starts it. */
export const start: StartChain = async (upstreamPort) => {
  const gateway = await startGateway({
    workers: 'default',
    backends: {
      [BACKEND]: {
        name: BACKEND,
        url: `http://127.0.0.1:${upstreamPort}/mcp`,
        healthCheck: { type: 'http', path: '/healthz' },
      },
    },
  });
  const authorization = `Bearer ${await gateway.token({ ttlSeconds: 43_200 })}`;
  return {
    name: 'gateway',
    url: gateway.backendUrl(BACKEND),
    headers: (session) => (session === undefined ? { authorization } : { authorization, 'mcp-session-id': session }),
    stop: () => gateway.stop(),
  };
};
