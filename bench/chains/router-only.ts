import { fileURLToPath } from 'node:url';
import { startEnvoy } from '../tools/envoy.ts';
import type { StartChain } from './chain.ts';

const CONFIG = fileURLToPath(new URL('../anchors/router-only.yaml', import.meta.url));

/** Envoy with only its router: the minimum cost of any gateway based on Envoy. */
export const start: StartChain = async (upstreamPort, context) => {
  const envoy = await startEnvoy('router-only', CONFIG, { UPSTREAM_PORT: String(upstreamPort) }, context);
  return {
    name: 'router-only',
    url: `http://127.0.0.1:${envoy.port}/mcp`,
    headers: (session) => (session === undefined ? {} : { 'mcp-session-id': session }),
    stop: () => envoy.stop(),
  };
};
