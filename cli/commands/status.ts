import { UserError } from '../../core/errors.ts';
import type { LogState__Output } from '../../protos/gen/mcp_gateway/v1/LogState.ts';
import { stateDir } from '../../runtime/paths.ts';
import { askStatus } from '../../runtime/policy/status.ts';
import { readFacts, stateFolder } from '../../runtime/state/folder.ts';
import { type Command, parseOptions } from '../command.ts';

const help = `Usage: mcp-gateway status [--json] [--state-dir DIR]

Shows the state of each backend of a running gateway, why one does not serve, and logs that cannot be written or lost lines.

  --json           print JSON
  --state-dir DIR  state folder of the gateway; default: mcp-gateway in $XDG_STATE_HOME or ~/.local/state

Exit status: 0 every backend serves, 1 one does not, a document is rejected or a log cannot be written, 76 no gateway runs.`;

/** `mcp-gateway status` */
export const status: Command = {
  summary: 'show the state of the backends',
  help,
  run: async (args, { env, print }) => {
    const { values } = parseOptions('status', args, { json: { type: 'boolean' }, 'state-dir': { type: 'string' } });
    const folder = stateFolder(values['state-dir'] ?? stateDir(env));
    const { watcherSocket } = readFacts(folder);
    const answer = await askStatus(watcherSocket).catch((cause: unknown) => {
      throw new UserError('not-running', `no gateway runs with the state folder ${folder.root}`, {
        hint: 'Start it with mcp-gateway up.',
        cause,
      });
    });
    const { backends = [], problems = [], logReports = [] } = answer;
    const logs = logReports.flatMap(({ process = '', logs = [] }) => logs.map((log) => ({ process, ...log })));
    if (values.json) print(JSON.stringify(answer, undefined, 2));
    else {
      const width = Math.max(8, ...backends.map(({ name = '' }) => name.length + 2));
      for (const { name = '', state = '', endpoints, reasons } of backends) {
        const healthy = endpoints?.filter(({ health }) => health === 'healthy').length ?? 0;
        print(`${name.padEnd(width)}${state.padEnd(12)}${healthy}/${endpoints?.length ?? 0} replicas healthy`);
        for (const reason of reasons ?? []) print(`${' '.repeat(width)}${reason}`);
      }
      if (backends.length === 0) print('no backends');
      for (const problem of problems) print(`rejected: ${problem}`);
      for (const log of logs) print(describeLog(log));
    }
    const written = logs.every(({ failure }) => failure === '');
    return written && problems.length === 0 && backends.every(({ state }) => state === 'serving') ? 0 : 1;
  },
};

function describeLog({ process, log, lost = 0, failure }: LogState__Output & { process: string }): string {
  const name = `the ${log === 'audit' ? 'audit log' : 'log'} of ${process}`;
  const lines = `${Number(lost)} ${Number(lost) === 1 ? 'line was' : 'lines were'} lost`;
  return failure === '' ? `${name}: ${lines}` : `${name} cannot be written: ${failure}; ${lines}`;
}
