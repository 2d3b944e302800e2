import { formatProblem } from '../../core/config/problems.ts';
import { UserError } from '../../core/errors.ts';
import { type Command, parseOptions } from '../command.ts';
import { checkDocument } from '../documents.ts';

const help = `Usage: mcp-gateway check FILE...

Validates configuration and tells all errors at once, with file, line and path. A FILE may be a gateway.yaml (checked with
the tenants and backends that it names), a tenants document, a backend, or a folder of backends.

Exit status: 0 all is well, 78 something is wrong, 64 wrong usage.`;

/** `mcp-gateway check` */
export const check: Command = {
  summary: 'validate configuration and backends',
  help,
  run: async (args, { print, tell }) => {
    const { positionals } = parseOptions('check', args, {}, true);
    if (positionals.length === 0)
      throw new UserError('usage', 'name at least one file', { hint: 'See mcp-gateway check --help.' });
    const problems = (await Promise.all(positionals.map(checkDocument))).flat();
    for (const problem of problems) tell(formatProblem(problem));
    if (problems.length === 0) print(`${positionals.join(', ')}: no problems found`);
    else tell(`${problems.length} ${problems.length === 1 ? 'problem' : 'problems'} found`);
    return problems.length === 0 ? 0 : new UserError('config', '').exitCode;
  },
};
