import { stateDir } from '../../runtime/paths.ts';
import { readFacts, stateFolder } from '../../runtime/state/folder.ts';
import { INSTALLATION_HELP, INSTALLATION_OPTIONS } from '../choose-installation.ts';
import { CLIENTS } from '../clients/clients.ts';
import { type Registration, registerAdministrator, registerUser } from '../clients/registration.ts';
import { type Command, misuse, parseOptions } from '../command.ts';

const help = `Usage: mcp-gateway clients list [--json]
       mcp-gateway clients print NAME [--registry DIR | --context C --namespace N] [--json]
       mcp-gateway clients print NAME --backend B [--url URL] [--token-from VARIABLE] [--json]

Prints the snippet that registers the gateway with an MCP client. The snippet goes to standard output; where to add it is
explained on standard error.

  NAME                     ${[...CLIENTS.keys()].join(', ')}
  --json                   print JSON: the snippet, its format, where to add it, and a link for clients that have one

  --use administrator      the client starts mcp-gateway serve, which administers an installation; the default without --backend
                           and --url
${INSTALLATION_HELP}

  --use user               the client uses a backend through the gateway; the default with --backend or --url
  --backend B              name of the backend
  --url URL                URL of the gateway, or the whole URL of the backend; default: the gateway that runs on this machine
                           with --state-dir
  --token-from VARIABLE    the client sends an access token from this environment variable instead of logging in with OAuth;
                           VS Code asks for the token, and Continue takes it from its secret of this name`;

const OPTIONS = {
  ...INSTALLATION_OPTIONS,
  use: { type: 'string' },
  backend: { type: 'string' },
  url: { type: 'string' },
  'token-from': { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

/** The former name of `--use administrator`. It is still accepted, and scripts still find it in the JSON output. */
const FORMER_USE = 'operator';

/** `mcp-gateway clients` */
export const clients: Command = {
  summary: 'print the snippet that registers the gateway with an MCP client',
  help,
  run: async (args, { env, print, tell }) => {
    const { values, positionals } = parseOptions('clients', args, OPTIONS, true);
    const [verb, ...names] = positionals;
    if (verb === 'list') {
      const { json, ...rest } = values;
      if (names.length > 0 || Object.keys(rest).length > 0)
        throw misuse('clients', 'list takes no other option than --json');
      if (json) print(JSON.stringify(toList(), undefined, 2));
      else
        for (const { name, title, reference } of toList()) print(`${name.padEnd(16)}${title.padEnd(16)}${reference}`);
      return 0;
    }
    const [name] = names;
    if (verb !== 'print' || name === undefined || names.length > 1)
      throw misuse('clients', 'the arguments must be list, or print and one client');
    const client = CLIENTS.get(name);
    if (client === undefined) throw misuse('clients', `there is no client ${JSON.stringify(name)}`);
    const registration = toRegistration(values, () => {
      return readFacts(stateFolder(values['state-dir'] ?? stateDir(env))).publicUrl;
    });
    const snippet = client.snippet(registration);
    if (values.json) {
      const use = registration.use === 'user' ? 'user' : FORMER_USE;
      print(JSON.stringify({ client: name, use, ...snippet }, undefined, 2));
      return 0;
    }
    print(snippet.text);
    tell('Add it to:');
    for (const place of snippet.places) tell(`  ${place}`);
    if (snippet.note !== undefined) tell(snippet.note);
    if (snippet.link !== undefined) tell(`Or open: ${snippet.link}`);
    return 0;
  },
};

type Values = Partial<Record<Exclude<keyof typeof OPTIONS, 'json'>, string>>;

function toRegistration(values: Values, localUrl: () => string): Registration {
  const { use: given, backend, url, 'token-from': tokenName, 'state-dir': state, ...others } = values;
  const use = given ?? (backend !== undefined || url !== undefined ? 'user' : 'administrator');
  if (use === 'administrator' || use === FORMER_USE) {
    if ([backend, url, tokenName].some((value) => value !== undefined)) {
      throw misuse('clients', '--backend, --url and --token-from are only valid with --use user');
    }
    return registerAdministrator(values);
  }
  if (use !== 'user') throw misuse('clients', `--use must be administrator or user (got ${use})`);
  const [wrong] = Object.keys(others).filter((name) => name in INSTALLATION_OPTIONS);
  if (wrong !== undefined) throw misuse('clients', `--${wrong} is only valid with --use administrator`);
  if (url !== undefined && state !== undefined) throw misuse('clients', '--url cannot be combined with --state-dir');
  return registerUser(url ?? localUrl(), backend, tokenName);
}

function toList() {
  return [...CLIENTS].map(([name, { title, reference }]) => ({ name, title, reference }));
}
