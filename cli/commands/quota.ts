import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { rewriteFile } from '../../control/documents/rewrite-file.ts';
import { tenantsFileOf } from '../../control/folder/tenants-file.ts';
import type { Installation } from '../../control/installation.ts';
import { tenantQuota } from '../../control/tenants/quota.ts';
import { parseChanges, parseCount } from '../../control/tenants/quota-changes.ts';
import { type Edited, editQuota, type QuotaEdit, unknownTenant } from '../../control/tenants/quota-edit.ts';
import { describeQuota, toReport, toTable } from '../../control/tenants/quota-report.ts';
import { parseOptionSeconds } from '../../core/document/duration.ts';
import { UserError } from '../../core/errors.ts';
import { stateDir } from '../../runtime/paths.ts';
import { askQuota, type QuotaState } from '../../runtime/policy/quota.ts';
import { type GatewayFacts, readFacts, stateFolder } from '../../runtime/state/folder.ts';
import { chooseFleet } from '../choose-installation.ts';
import { type Command, misuse, parseOptions } from '../command.ts';
import { showQuota } from '../tables.ts';

const TOP_OF_TABLE = 5;
const TOP_OF_JSON = 1_000;
/** A change that is not in force after this time is told as such. */
const IN_FORCE_MS = 10_000;
const POLL_MS = 50;

const help = `Usage: mcp-gateway quota TENANT [--json] [--state-dir DIR]
       mcp-gateway quota TENANT --set 'KEY=VALUE...' [--state-dir DIR | --config FILE]
       mcp-gateway quota TENANT --top-up N --for TIME [--state-dir DIR | --config FILE]
       mcp-gateway quota TENANT [--set ... | --top-up ...] [--json] (--registry DIR | --context NAME | --gateway-namespace NAME)

Shows the quota of a tenant, what is left of it now, who used how much in the last hour and day, and what was refused.
Use is counted by this gateway. Where several share a Redis, what is left is that of all of them, as the last request through
this gateway found it.

  --set 'KEY=VALUE...'  changes limits in the tenants document, whose comments and layout stay, and waits until they are in force:
                        requests, per, burst; users.requests, backends.NAME.per, rules.NAME.burst and so on;
                        maxConcurrent, maxStreams; dryRun=true. burst=none, maxConcurrent=none, maxStreams=none, users=none and
                        backends.NAME=none take away. Example: 'requests=2000 per=hour'
  --top-up N --for TIME gives the tenant N requests more, once, which are gone after the time: 90s, 30m, 1h, 7d
  --json                as JSON; with --set and --top-up: how it is then
  --state-dir DIR       state folder of the gateway; default: mcp-gateway in $XDG_STATE_HOME or ~/.local/state
  --config FILE         gateway.yaml whose tenants document is changed, where no gateway runs
  --registry DIR        the folder of a gateway.yaml, whether a gateway runs or not
  --context NAME, --gateway-namespace NAME, --tenants-configmap NAME, --kubeconfig FILE
                        the tenants of a gateway in a Kubernetes cluster (namespace mcp-gateway); its pods are asked for their use, which
                        needs the permission to get pods/proxy there

Exit status: 0 done, 1 written but not in force within ${IN_FORCE_MS / 1000} s, 64 a change that makes no sense or an unknown tenant, 76 no gateway
runs, 78 the tenants document is not sound or cannot be written.`;

/** `mcp-gateway quota` */
export const quota: Command = {
  summary: 'show and change the quota of a tenant',
  help,
  run: async (args, { env, print, tell }) => {
    const { values, positionals } = parseOptions(
      'quota',
      args,
      {
        json: { type: 'boolean', default: false },
        set: { type: 'string', multiple: true, default: [] },
        'top-up': { type: 'string' },
        for: { type: 'string' },
        'state-dir': { type: 'string' },
        config: { type: 'string' },
        registry: { type: 'string' },
        kubeconfig: { type: 'string' },
        context: { type: 'string' },
        namespace: { type: 'string' },
        'gateway-namespace': { type: 'string' },
        'tenants-configmap': { type: 'string' },
      },
      true,
    );
    const [tenant, ...rest] = positionals;
    if (tenant === undefined || rest.length > 0) throw misuse('quota', 'name one tenant');
    const edit = toEdit(tenant, values, Date.now());
    const { registry, kubeconfig, context, namespace } = values;
    const gateway = {
      'gateway-namespace': values['gateway-namespace'],
      'tenants-configmap': values['tenants-configmap'],
    };
    const elsewhere = { registry, kubeconfig, context, namespace, ...gateway };
    if (Object.values(elsewhere).some((value) => value !== undefined)) {
      if (values.config !== undefined)
        throw misuse('quota', '--config is about a gateway of this machine that does not run');
      const fleet = await chooseFleet('quota', { ...elsewhere, 'state-dir': values['state-dir'] }, env);
      return quotaOfFleet(fleet, tenant, values, print);
    }
    const { config, json } = values;
    if (config !== undefined) {
      if (edit === undefined)
        throw misuse('quota', '--config goes with --set or --top-up: without a gateway there is nothing to show');
      if (values['state-dir'] !== undefined || json)
        throw misuse('quota', '--config goes with neither --state-dir nor --json');
      const file = await tenantsFileOf(config);
      const edited = await change(file, edit);
      for (const line of toLines(edited)) print(line);
      print(`written to ${file}; a gateway that runs with it takes it by itself`);
      return 0;
    }

    const folder = stateFolder(values['state-dir'] ?? stateDir(env));
    const facts = readFacts(folder);
    const ask = () => askState(facts, folder.root, tenant, json ? TOP_OF_JSON : TOP_OF_TABLE);
    let state = await ask();
    if (!state.tenants.includes(tenant)) throw unknownTenant(tenant, state.tenants);
    let late = false;
    if (edit !== undefined) {
      checkBackends(edit, state);
      const edited = await change(facts.tenantsFile, edit);
      if (!json) for (const line of toLines(edited)) print(line);
      const deadline = performance.now() + IN_FORCE_MS;
      const isThere = async () => isDeepStrictEqual(state.quota, await readQuota(facts.tenantsFile, tenant));
      while (!(await isThere()) && performance.now() < deadline) {
        await sleep(POLL_MS);
        state = await ask();
      }
      late = !(await isThere());
      if (late) tell(`written, but not in force after ${IN_FORCE_MS / 1000} s; see mcp-gateway status`);
      else if (!json) print('in force');
    }
    if (json) print(JSON.stringify(toReport(tenant, state, Date.now()), undefined, 2));
    else if (edit === undefined) for (const line of toTable(tenant, state, Date.now())) print(line);
    return late ? 1 : 0;
  },
};

async function quotaOfFleet(
  fleet: Installation,
  tenant: string,
  values: EditOptions & { json: boolean },
  print: (line: string) => void,
): Promise<number> {
  const { set, for: duration, json } = values;
  const topUp =
    values['top-up'] === undefined || duration === undefined
      ? undefined
      : { requests: parseCount('--top-up', values['top-up']), seconds: parseOptionSeconds(duration) };
  const wish = { tenant, requests: undefined, per: undefined, burst: undefined, dryRun: false, topUp };
  const words = set.length === 0 ? undefined : set.join(' ');
  const waiting = { inForceSeconds: IN_FORCE_MS / 1000, signal: new AbortController().signal };
  const result = await tenantQuota(fleet, { ...wish, ...waiting, set: words }, Date.now);
  if (json) print(JSON.stringify(result, undefined, 2));
  else for (const line of showQuota(result)) print(line);
  return result.changed && result.inForce === false ? 1 : 0;
}

interface EditOptions {
  set: string[];
  'top-up'?: string;
  for?: string;
}

function toEdit(tenant: string, { set, ...values }: EditOptions, nowMs: number): QuotaEdit | undefined {
  const { 'top-up': topUp, for: duration } = values;
  if ((topUp === undefined) !== (duration === undefined)) throw misuse('quota', '--top-up and --for belong together');
  const changes = set.length === 0 ? [] : parseChanges(set.join(' '));
  if (topUp === undefined || duration === undefined) {
    return changes.length === 0 ? undefined : { tenant, changes, topUp: undefined };
  }
  // In whole seconds, and never shorter than was asked for.
  const untilMs = Math.ceil(nowMs / 1000 + parseOptionSeconds(duration)) * 1000;
  return { tenant, changes, topUp: { requests: parseCount('--top-up', topUp), untilMs } };
}

async function askState(
  { watcherSocket }: GatewayFacts,
  root: string,
  tenant: string,
  top: number,
): Promise<QuotaState> {
  return askQuota(watcherSocket, tenant, top).catch((cause: unknown) => {
    throw new UserError('not-running', `no gateway runs with the state folder ${root}`, {
      hint: 'Start it with mcp-gateway up. --config gateway.yaml changes the tenants document without one.',
      cause,
    });
  });
}

async function change(file: string, edit: QuotaEdit): Promise<Edited> {
  let edited: Edited | undefined;
  await rewriteFile(file, (text) => {
    edited = editQuota(text, file, edit, Date.now());
    return edited.text;
  });
  if (edited === undefined) throw new Error('the document was not read');
  return edited;
}

// Somebody may have changed it once more by now; then that is what is to be in force.
async function readQuota(file: string, tenant: string) {
  const text = await readFile(file, 'utf8');
  return editQuota(text, file, { tenant, changes: [], topUp: undefined }, Date.now()).after;
}

function checkBackends({ changes }: QuotaEdit, { backends, quota: inForce }: QuotaState): void {
  const known = [...backends, ...Object.keys(inForce?.backends ?? {})];
  const unknown = changes.find(({ path: [scope, name = ''] }) => scope === 'backends' && !known.includes(name));
  if (unknown === undefined) return;
  const hint = `Backends: ${backends.join(', ')}`;
  throw new UserError('usage', `there is no backend ${JSON.stringify(unknown.path[1])}`, { hint });
}

function toLines({ before, after }: Edited): string[] {
  const lines = (title: string, value: Edited['after']) => [
    title,
    ...describeQuota(value, Date.now()).map((line) => `  ${line}`),
  ];
  return [...lines('before', before), ...lines('after', after)];
}
