// One flood, in a process of its own: node bench/abuse/attack.ts NAME URL STATE_FOLDER, started by `fork`. It attacks until it gets a
// message, then sends the number of each outcome and ends.
import { constants, setPriority } from 'node:os';
import { issueDevelopmentToken } from '../../local/issuer/token.ts';
import type { Flood, Target } from './flood.ts';

const [name = '', url = '', stateDir = ''] = process.argv.slice(2);
// A client elsewhere would not take the gateway's processors.
setPriority(constants.priority.PRIORITY_LOW);
const { flood } = (await import(`./floods/${name}.ts`)) as { flood: Flood };
const outcomes: Record<string, number> = {};
const target: Target = {
  url,
  backendUrl: (backend) => `${url}/${backend}/mcp`,
  token: (options) =>
    issueDevelopmentToken({
      ...{ stateDir, audience: url, ttlSeconds: 3_600, subject: 'mallory', tenant: 'attackers' },
      ...options,
    }),
  count: (outcome) => {
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  },
};
const stop = new AbortController();
process.once('message', () => {
  process.send?.(outcomes, () => process.exit());
  stop.abort();
});
await flood.run(target, stop.signal);
