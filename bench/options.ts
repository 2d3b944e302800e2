import { parseArgs } from 'node:util';
import { messageOf, UserError } from '../core/errors.ts';

/** All chains, in the order in which a round visits them. */
export const CHAIN_NAMES = [
  ...(['upstream', 'router-only', 'native-chain', 'native-chain-4'] as const),
  ...(['gateway-no-policy', 'gateway', 'gateway-quota', 'gateway-quota-4'] as const),
] as const;

/** The name of a chain, see the modules in `chains/`. */
export type ChainName = (typeof CHAIN_NAMES)[number];

export const USAGE = `Usage: npm run bench -- [options]

Measures the chains in interleaved rounds, one under load at a time. With gateway-quota or gateway-quota-4 it also measures the script
that debits quotas, without a gateway.

  --rounds N           rounds over all cells; the median is reported (default 3)
  --seconds N          seconds of load on each cell in each round (default 5)
  --warmup N           seconds of load on each chain before the first round, not counted (default 3)
  --connections A,B    numbers of connections (default 1,16,64)
  --sessions N         MCP sessions that the load is spread over (default 16)
  --chains A,B         of ${CHAIN_NAMES.slice(0, 4).join(', ')},
                       ${CHAIN_NAMES.slice(4).join(', ')} (default all)
  --envoy PATH         the Envoy to use (default: as mcp-gateway finds it)
  --output FILE        file for the report (default bench/RESULTS.md if all chains are measured, otherwise none)
  --json FILE          file for every sample, as JSON
  --help`;

/** What to measure and where to write the results. */
export interface BenchOptions {
  rounds: number;
  seconds: number;
  /** In seconds; 0: no warm-up. */
  warmup: number;
  connections: number[];
  sessions: number;
  chains: ChainName[];
  envoy: string | undefined;
  output: string | undefined;
  json: string | undefined;
  help: boolean;
}

/**
 * Reads the command line.
 * @throws UserError `usage`
 */
export function parseOptions(argv: readonly string[]): BenchOptions {
  const values = readArguments(argv);
  return {
    rounds: count('--rounds', values.rounds, 1),
    seconds: count('--seconds', values.seconds, 1),
    warmup: count('--warmup', values.warmup, 0),
    connections: values.connections.split(',').map((part) => count('--connections', part, 1)),
    sessions: count('--sessions', values.sessions, 1),
    chains: chainNames(values.chains.split(',')),
    envoy: values.envoy,
    output: values.output,
    json: values.json,
    help: values.help,
  };
}

function readArguments(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        rounds: { type: 'string', default: '3' },
        seconds: { type: 'string', default: '5' },
        warmup: { type: 'string', default: '3' },
        connections: { type: 'string', default: '1,16,64' },
        sessions: { type: 'string', default: '16' },
        chains: { type: 'string', default: CHAIN_NAMES.join(',') },
        envoy: { type: 'string' },
        output: { type: 'string' },
        json: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (cause) {
    throw new UserError('usage', messageOf(cause), { hint: USAGE, cause });
  }
}

function count(option: string, value: string, least: number): number {
  if (/^\d{1,6}$/.test(value) && Number(value) >= least) return Number(value);
  throw new UserError('usage', `${option} must be a whole number of ${least} or more, not ${JSON.stringify(value)}`);
}

/** The named chains, in the order of CHAIN_NAMES. */
function chainNames(named: readonly string[]): ChainName[] {
  const unknown = named.filter((name) => !CHAIN_NAMES.some((known) => known === name));
  if (unknown.length === 0) return CHAIN_NAMES.filter((known) => named.includes(known));
  throw new UserError('usage', `--chains: unknown chain ${unknown.join(', ')}; known are ${CHAIN_NAMES.join(', ')}`);
}
