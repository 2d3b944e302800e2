import type { BenchOptions } from '../options.ts';
import type { Facts } from './facts.ts';
import type { CellSummary } from './summary.ts';
import { renderTables } from './tables.ts';

/** The whole report. */
export function renderReport(facts: Facts, options: BenchOptions, cells: readonly CellSummary[]): string {
  const { machine, versions } = facts;
  const command = `npm run bench -- --rounds ${options.rounds} --seconds ${options.seconds} --warmup ${options.warmup}`;
  return `# Results of the benchmark

Measured ${facts.date} with \`${command}\`. Each figure is the median of ${options.rounds} interleaved rounds of
${options.seconds} s; only the ratios within this run are meaningful. For requests per second a ratio above 1 is better, for latency a
ratio below 1.

- Machine: ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.platform}; the load generator and the upstream run on the same cores.
- Every Envoy has ${facts.envoyConcurrency} worker threads.
- Versions: ${Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ')}.

${renderTables(cells)}

## How it was measured

- The load is \`tools/call\` over ${options.sessions} sessions, opened by \`initialize\` through each chain, from wrk with one thread.
- All chains run from the start. One is under load at a time, and the others are idle.
- **upstream** is the MCP server itself, **router-only** Envoy with its router, **native-chain** Envoy with \`jwt_authn\`, the
  Go rate limit service on Redis and envelope sessions, **gateway** this project with policy on tools, roles and scopes, and its
  audit log. **gateway-no-policy** is the gateway without rules for tools, roles and scopes.
- **gateway-quota** is the gateway with a quota on the tenant, **gateway-quota-4** with four limits on each request: tenant, user, backend
  and tool. **native-chain** has one limit, **native-chain-4** the same four, with constants for backend and tool. No limit is ever reached.
- The load repeats one call of one user, and no bucket comes near its limit, so most requests with a quota are answered from loans
  (docs/decisions/037). Near the limit, or with more than 256 sessions, each costs about one round trip. Both services may wait 5 s for Redis.
- Each of these chains has a Redis of its own on this machine, on a Unix socket.
- The quota script alone is called by one process, as ext-authz calls it for a single request. The table gives the number of buckets and of calls in flight.
- A cell is invalid, and marked as such, if in any round a response was an error, a connection failed, a request got no
  response, or the upstream or a limit in Redis counted fewer calls than wrk received responses.
- The percentiles are wrk's, in microseconds, with its correction for coordinated omission.
`;
}
