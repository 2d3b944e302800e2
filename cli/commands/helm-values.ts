import { parse } from 'yaml';
import { helmInput } from '../../control/helm/input.ts';
import { helmValues } from '../../control/helm/values.ts';
import { parseValue } from '../../core/document/parse.ts';
import { messageOf, UserError } from '../../core/errors.ts';
import { type Command, misuse, parseOptions } from '../command.ts';
import { readInput } from '../input.ts';

const help = `Usage: mcp-gateway helm-values FILE [--json]

Makes a values.yaml for the Helm chart from a YAML or JSON document; FILE can be - for standard input:

    publicUrl: https://mcp.example.com
    entra: {directoryId: ..., clientId: ...}      # or issuer: {url: ..., audiences: [...]}
    backends:                                     # as register_backend takes them
      - {name: github, image: ghcr.io/acme/github-mcp:1.2, secretEnv: {GITHUB_TOKEN: {name: github, key: token}}}
    tenants:                                      # as in tenants.yaml
      - {name: engineering, match: [{group: ...}], backends: [github], quota: {requests: 1000, per: hour}}

Further keys: issuers, scopes, redis {url, existingSecret}, replicas, ingressHost, release, namespace, backendsNamespace.
Prints the values to standard output. Prerequisites and the helm command go to standard error.

  --json   print values, command and notes as JSON

Exit status: 0 done, 64 wrong usage or a credential in the document, 66 the document cannot be read, 78 it is not valid.`;

/** `mcp-gateway helm-values` */
export const helmValuesCommand: Command = {
  summary: 'make a values.yaml for the Helm chart',
  help,
  run: async (args, { print, tell }) => {
    const options = { json: { type: 'boolean', default: false } } as const;
    const { values, positionals } = parseOptions('helm-values', args, options, true);
    const [file, ...rest] = positionals;
    if (file === undefined || rest.length > 0) throw misuse('helm-values', 'one FILE is required');
    const parsed = parseValue(await readDocument(file), file, helmInput);
    if (!parsed.ok) {
      const lines = parsed.problems.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
      throw new UserError('config', `${file} cannot be turned into a values.yaml`, { hint: lines.join('\n') });
    }
    const result = helmValues(parsed.value);
    if (values.json) print(JSON.stringify(result, undefined, 2));
    else {
      print(result.values.trimEnd());
      for (const note of result.notes) tell(note);
      tell(result.command);
    }
    return 0;
  },
};

async function readDocument(file: string): Promise<unknown> {
  try {
    return parse(await readInput(file), { maxAliasCount: 20 });
  } catch (cause) {
    throw new UserError('missing-file', `${file} cannot be read: ${messageOf(cause)}`, { cause });
  }
}
