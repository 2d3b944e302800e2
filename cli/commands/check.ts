import { formatProblem } from '../../core/document/problems.ts';
import { UserError } from '../../core/errors.ts';
import { checkDocument } from '../../local/documents.ts';
import { type Command, misuse, parseOptions } from '../command.ts';
import { askIssuers } from '../online.ts';

const help = `Usage: mcp-gateway check [--online] FILE...

Validates configuration and lists all problems with file, line and path. A FILE can be a gateway.yaml (checked together with
the tenants and backends that it names), a tenants document, a backend, or a folder of backends.

  --online  also request the discovery document and keys of the issuers of each gateway.yaml, as the gateway will. Checks that
            the issuer can be reached, that its URL is exactly the configured one, and that it has keys for the accepted
            algorithms. Without this option nothing goes over the network.

Exit status: 0 no problems, 78 problems found, 64 wrong usage.`;

/** `mcp-gateway check` */
export const check: Command = {
  summary: 'validate configuration and backends',
  help,
  run: async (args, { print, tell }) => {
    const { values, positionals } = parseOptions('check', args, { online: { type: 'boolean', default: false } }, true);
    if (positionals.length === 0) throw misuse('check', 'at least one FILE is required');
    const checked = await Promise.all(positionals.map(async (file) => ({ file, ...(await checkDocument(file)) })));
    const problems = checked.flatMap((document) => document.problems);
    if (values.online) {
      if (problems.length === 0 && checked.every(({ gateway }) => gateway === undefined)) {
        const hint = 'Issuers are configured there. See mcp-gateway check --help.';
        throw new UserError('usage', '--online needs a gateway.yaml', { hint });
      }
      for (const { file, gateway } of checked) {
        if (gateway === undefined) continue;
        if (gateway.config.developmentIssuer) print(`${file}: the development issuer is not checked: up runs it`);
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
