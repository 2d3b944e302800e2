import { assignBackend } from '../../control/backends/assign.ts';
import { listBackends } from '../../control/backends/list.ts';
import type { Waiting } from '../../control/backends/readiness.ts';
import { type ChangeResult, registerBackend, removeBackend, scaleBackend } from '../../control/backends/register.ts';
import { backendStatus } from '../../control/backends/status.ts';
import { parseOptionSeconds } from '../../core/document/duration.ts';
import { specOfDocument, specOfFlags } from '../backend-flags.ts';
import { chooseInstallation, INSTALLATION_HELP, INSTALLATION_OPTIONS } from '../choose-installation.ts';
import { type Command, misuse, parseOptions, required, type Terminal, wholeNumber } from '../command.ts';
import { readInput } from '../input.ts';
import { showAssignment, showChange, showList, showStatus } from '../tables.ts';

const help = `Usage: mcp-gateway backends list
       mcp-gateway backends register NAME (--image I | --url U... | --service S[:PORT] | -- COMMAND...) [OPTIONS]
       mcp-gateway backends register NAME --update [OPTIONS]
       mcp-gateway backends status NAME [--lines N]
       mcp-gateway backends scale NAME --replicas N [--dry-run] [--wait TIME]
       mcp-gateway backends assign NAME --tenant T... [--add | --remove] [--dry-run]
       mcp-gateway backends remove NAME [--dry-run]

Administers the MCP servers behind the gateway: in a Kubernetes cluster, or with --registry in a folder of this machine.

  --image I, --url U, --service S[:PORT], -- COMMAND...  where it runs; --url can be given several times
  --stdio                  COMMAND uses standard input and output instead of HTTP
  --sse                    the URL speaks HTTP+SSE, the transport of MCP 2024-11-05
  --env NAME=VALUE         environment variable, without credentials; can be given several times
  --secret-env NAME=SECRET[/KEY]  environment variable from a Secret; can be given several times
  --replicas N, --port N, --path P, --affinity session|none
  --health-check TYPE      http, http:/PATH, tcp or none
  --tenant T               a tenant that may use it; can be given several times
  --allow-tool G, --deny-tool G  globs of tools; can be given several times
  --set KEY=VALUE          any other key, with a value in YAML; can be given several times
  --file FILE              keys from a YAML file, or - for standard input; options override them
  --update                 change the existing backend of that name; keys that are not given are kept
  --unset KEY              with --update: remove a key, such as affinityHeader or env.DEBUG; can be given several times
  --lines N                with status: last log lines of each replica to show (default 20)
  --add, --remove          with assign: add the tenants to those that may use it, or remove them; default: set exactly these
  --dry-run                check everything and show the object, but change nothing
  --wait TIME              wait until it serves: 30s, 5m
  --json                   print JSON

${INSTALLATION_HELP}

Exit status: 0 done, 1 not ready in time, or a shown backend does not serve, 64 wrong usage, 66 no such backend, 69 the cluster
cannot be reached, 73 the name is taken, 75 changed by another process at the same time, 77 a permission is missing, 78 the backend
is not valid.`;

const OPTIONS = {
  ...INSTALLATION_OPTIONS,
  json: { type: 'boolean', default: false },
  'dry-run': { type: 'boolean', default: false },
  wait: { type: 'string' },
  image: { type: 'string' },
  url: { type: 'string', multiple: true },
  service: { type: 'string' },
  stdio: { type: 'boolean' },
  sse: { type: 'boolean' },
  env: { type: 'string', multiple: true },
  'secret-env': { type: 'string', multiple: true },
  replicas: { type: 'string' },
  port: { type: 'string' },
  path: { type: 'string' },
  'health-check': { type: 'string' },
  affinity: { type: 'string' },
  tenant: { type: 'string', multiple: true },
  'allow-tool': { type: 'string', multiple: true },
  'deny-tool': { type: 'string', multiple: true },
  set: { type: 'string', multiple: true },
  file: { type: 'string' },
  update: { type: 'boolean', default: false },
  unset: { type: 'string', multiple: true },
  lines: { type: 'string', default: '20' },
  add: { type: 'boolean', default: false },
  remove: { type: 'boolean', default: false },
} as const;

type Values = ReturnType<typeof parse>;

function parse(args: string[]) {
  return parseOptions('backends', args, OPTIONS, true);
}

/** `mcp-gateway backends` */
export const backends: Command = { summary: 'register, scale and inspect MCP servers', help, run };

async function run(args: string[], terminal: Terminal): Promise<number> {
  // Words after `--` are a command, even if they look like options.
  const end = args.indexOf('--');
  const { values, positionals } = parse(end < 0 ? args : args.slice(0, end));
  const command = end < 0 ? [] : args.slice(end + 1);
  const [action, name, ...rest] = positionals;
  const act = action === undefined || !Object.hasOwn(ACTIONS, action) ? undefined : ACTIONS[action];
  if (act === undefined) {
    throw misuse(
      'backends',
      `the action must be one of ${Object.keys(ACTIONS).join(', ')}${action === undefined ? '' : ` (got ${action})`}`,
    );
  }
  if (rest.length > 0) throw misuse('backends', `one backend at a time (got also ${rest.join(' ')})`);
  if (action === 'list' ? name !== undefined : name === undefined) {
    throw misuse('backends', action === 'list' ? 'list takes no name' : `${action} needs the name of a backend`);
  }
  return act({ name: name ?? '', command, values }, terminal);
}

interface Call {
  name: string;
  command: readonly string[];
  values: Values['values'];
}

const ACTIONS: Readonly<Record<string, (call: Call, terminal: Terminal) => Promise<number>>> = {
  list: async ({ values }, terminal) => {
    const result = await listBackends(await installationOf(values, terminal));
    show(result, showList, values, terminal);
    return result.backends.every(({ state }) => state === 'serving' || state === 'draining') ? 0 : 1;
  },
  register: async ({ name, command, values }, terminal) => {
    const { update, unset = [], file } = values;
    const document = file === undefined ? {} : specOfDocument(await readInput(file), file);
    const { name: named, ...given } = specOfFlags(values, command, document);
    if (named !== undefined && named !== name)
      throw misuse('backends', `${file} defines ${String(named)}, not ${name}`);
    const installation = await installationOf(values, terminal);
    const waiting = waitingOf(values, terminal);
    return changed(
      await registerBackend(installation, { name, given, unset, update, dryRun: values['dry-run'], waiting }),
      values,
      terminal,
    );
  },
  status: async ({ name, values }, terminal) => {
    const lines = wholeNumber('backends', 'lines', values.lines, 0, 200);
    const result = await backendStatus(await installationOf(values, terminal), { name, lines });
    show(result, showStatus, values, terminal);
    return result.state === 'serving' ? 0 : 1;
  },
  scale: async ({ name, values }, terminal) => {
    const count = required('backends', 'replicas', values.replicas);
    const replicas = wholeNumber('backends', 'replicas', count, 0, 100);
    const installation = await installationOf(values, terminal);
    const request = { name, replicas, dryRun: values['dry-run'], waiting: waitingOf(values, terminal) };
    return changed(await scaleBackend(installation, request), values, terminal);
  },
  assign: async ({ name, values }, terminal) => {
    const { tenant = [], add, remove } = values;
    if (tenant.length === 0) throw misuse('backends', 'at least one --tenant is required');
    if (add && remove) throw misuse('backends', '--add and --remove cannot be combined');
    const mode = add ? 'add' : remove ? 'remove' : 'set';
    const assignment = { name, tenants: tenant, mode, dryRun: values['dry-run'] } as const;
    show(await assignBackend(await installationOf(values, terminal), assignment), showAssignment, values, terminal);
    return 0;
  },
  remove: async ({ name, values }, terminal) =>
    changed(
      await removeBackend(await installationOf(values, terminal), { name, dryRun: values['dry-run'] }),
      values,
      terminal,
    ),
};

function installationOf(values: Call['values'], { env }: Terminal) {
  return chooseInstallation('backends', values, env);
}

function waitingOf({ wait }: Call['values'], { tell }: Terminal): Waiting | undefined {
  if (wait === undefined) return undefined;
  const stopping = new AbortController();
  process.once('SIGINT', () => stopping.abort());
  return { seconds: parseOptionSeconds(wait), progress: tell, signal: stopping.signal };
}

function changed(result: ChangeResult, values: Call['values'], terminal: Terminal): number {
  show(result, showChange, values, terminal);
  return result.ready === false ? 1 : 0;
}

function show<T>(result: T, toLines: (result: T) => string[], { json }: Call['values'], { print }: Terminal): void {
  if (json) print(JSON.stringify(result, undefined, 2));
  else for (const line of toLines(result)) print(line);
}
