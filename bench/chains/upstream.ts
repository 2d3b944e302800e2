import { fileURLToPath } from 'node:url';
import { type Children, lineFrom } from '../tools/children.ts';
import { buildGoProgram } from '../tools/go.ts';
import type { StartChain } from './chain.ts';

const SOURCE_DIR = fileURLToPath(new URL('../upstream', import.meta.url));

/** The one MCP server behind all chains. */
export interface Upstream {
  readonly port: number;
  /** Tool calls answered since it started. */
  calls(): Promise<number>;
  stop(): Promise<void>;
}

/** Builds the upstream if its sources changed, and starts it on a free loopback port. */
export async function startUpstream(children: Children, cacheDir: string): Promise<Upstream> {
  const binary = await buildGoProgram(children, SOURCE_DIR, 'upstream', cacheDir);
  const child = await children.start({ name: 'upstream', command: binary, args: [] });
  const [, port] = await lineFrom(child, /^listening on port (\d+)$/);
  const callsUrl = `http://127.0.0.1:${port}/calls`;
  return {
    port: Number(port),
    calls: async () => Number(await (await fetch(callsUrl)).text()),
    stop: () => child.stop(),
  };
}

/** No chain: the load goes directly to the upstream, which shows the limit of the machine and the load generator. */
export const start: StartChain = async (upstreamPort) => ({
  name: 'upstream',
  url: `http://127.0.0.1:${upstreamPort}/mcp`,
  headers: (session) => (session === undefined ? {} : { 'mcp-session-id': session }),
  stop: async () => {},
});
