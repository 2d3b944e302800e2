import { formatProblem } from '../../core/document/problems.ts';
import { UserError } from '../../core/errors.ts';
import { checkDocument } from '../../local/documents.ts';
import { type Command, misuse, parseOptions } from '../command.ts';
import { askIssuers } from '../online.ts';

const help = `Usage: mcp-gateway check [--online] FILE...

Validates configuration and tells all errors at once, with file, line and path. A FILE may be a gateway.yaml (checked with
the tenants and backends that it names), a tenants document, a backend, or a folder of backends.

  --online  also ask the issuers of each gateway.yaml for their discovery document and keys, as the gateway will: can each
            be reached, is it the configured one to the last character, has it keys for the accepted algorithms.
            Without this option nothing goes over the network.

Exit status: 0 all is well, 78 something is wrong, 64 wrong usage.`;

/** `mcp-gateway check` */
export const check: Command = {
  summary: 'validate configuration and backends',
  help,
  run: async (args, { print, tell }) => {
    const { values, positionals } = parseOptions('check', args, { online: { type: 'boolean', default: false } }, true);
    if (positionals.length === 0) throw misuse('check', 'name at least one file');
    const checked = await Promise.all(positionals.map(async (file) => ({ file, ...(await checkDocument(file)) })));
    const problems = checked.flatMap((document) => document.problems);
    if (values.online) {
      if (problems.length === 0 && checked.every(({ gateway }) => gateway === undefined)) {
        const hint = 'Issuers are listed there; see mcp-gateway check --help.';
        throw new UserError('usage', '--online needs a gateway.yaml', { hint });
      }
      for (const { file, gateway } of checked) {
        if (gateway === undefined) continue;
        if (gateway.config.developmentIssuer) print(`${file}: the development issuer is not asked: up brings it along`);
        const answers = await askIssuers(gateway.config.issuers, file, fetch);
        for (const line of answers.lines) print(line);
        problems.push(...answers.problems);
      }
    }
    for (const problem of problems) tell(formatProblem(problem));
    if (problems.length === 0) print(`${positionals.join(', ')}: no problems found`);
    else tell(`${problems.length} ${problems.length === 1 ? 'problem' : 'problems'} found`);
    return problems.length === 0 ? 0 : new UserError('config', '').exitCode;
  },
};
