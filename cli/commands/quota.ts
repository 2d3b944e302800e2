import { quotasOfDocument, quotasOfGateway } from '../../control/folder/quotas.ts';
import { isEdit, type QuotaRequest, tenantQuota } from '../../control/tenants/quota.ts';
import { parseChanges, parseCount } from '../../control/tenants/quota-changes.ts';
import { toReport } from '../../control/tenants/quota-report.ts';
import { parseOptionSeconds } from '../../core/document/duration.ts';
import { stateDir } from '../../runtime/paths.ts';
import { type StateFolder, stateFolder } from '../../runtime/state/folder.ts';
import { chooseInstallation, INSTALLATION_OPTIONS } from '../choose-installation.ts';
import { type Command, misuse, parseOptions, type Terminal } from '../command.ts';
import { showQuota, showQuotaChange, showQuotaInForce } from '../quota-tables.ts';

const IN_FORCE_SECONDS = 10;

const help = `Usage: mcp-gateway quota TENANT [--json] [--state-dir DIR]
       mcp-gateway quota TENANT --set 'KEY=VALUE...' [--state-dir DIR | --config FILE]
       mcp-gateway quota TENANT --top-up N --for TIME [--state-dir DIR | --config FILE]
       mcp-gateway quota TENANT [--set ... | --top-up ...] [--json] (--registry DIR | --context NAME | --gateway-namespace NAME)

Shows the quota of a tenant, what is left of it now, its use in the last hour and day by user, backend and tool, and how much was
denied. Each gateway counts its own use. If several gateways share a Redis, what is left is shared too, as of the last request
through this gateway.

  --set 'KEY=VALUE...'  changes limits in the tenants document, keeps its comments and layout, and waits until they are in force.
                        Keys: requests, per, burst; users.requests, backends.NAME.per, rules.NAME.burst and so on;
                        maxConcurrent, maxStreams; dryRun=true. The value none removes burst, maxConcurrent, maxStreams, users or
                        backends.NAME. Example: 'requests=2000 per=hour'
  --top-up N --for TIME gives the tenant N more requests, once, until the time is up: 90s, 30m, 1h, 7d
  --json                print JSON; with --set and --top-up: the quota after the change
  --state-dir DIR       state folder of the gateway; default: mcp-gateway in $XDG_STATE_HOME or ~/.local/state
  --config FILE         change the tenants document of this gateway.yaml, without a running gateway
  --registry DIR        the folder of a gateway.yaml, with or without a running gateway
  --context NAME, --gateway-namespace NAME, --tenants-configmap NAME, --kubeconfig FILE
                        the tenants of a gateway in a Kubernetes cluster (namespace mcp-gateway). To read the use from its pods you
                        need the permission to get pods/proxy in that namespace

Exit status: 0 done, 1 written but not in force within ${IN_FORCE_SECONDS} s, 64 an invalid change or an unknown tenant, 66 a file cannot be read,
76 no gateway runs, 78 the tenants document has errors or cannot be written.`;

const OPTIONS = {
  ...INSTALLATION_OPTIONS,
  json: { type: 'boolean', default: false },
  set: { type: 'string', multiple: true },
  'top-up': { type: 'string' },
  for: { type: 'string' },
  config: { type: 'string' },
} as const;

/** `mcp-gateway quota` */
export const quota: Command = { summary: 'show and change the quota of a tenant', help, run };

async function run(args: string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = parseOptions('quota', args, OPTIONS, true);
  const [tenant, ...rest] = positionals;
  if (tenant === undefined || rest.length > 0) throw misuse('quota', 'one TENANT is required');
  const { json, config, set = [], 'top-up': topUp, for: duration, 'state-dir': state, ...elsewhere } = values;
  const request = toRequest(tenant, set, topUp, duration);
  const print = (lines: readonly string[]) => lines.forEach(terminal.print);
  if (Object.keys(elsewhere).length > 0) {
    if (config !== undefined)
      throw misuse('quota', '--config cannot be combined with the options that choose an installation');
    const installation = await chooseInstallation('quota', { ...elsewhere, 'state-dir': state }, terminal.env);
    const result = await tenantQuota(installation, request, Date.now);
    print(json ? [toJson(result)] : showQuota(result));
    return result.changed && result.inForce === false ? 1 : 0;
  }
  if (config !== undefined) {
    if (!isEdit(request))
      throw misuse('quota', '--config requires --set or --top-up: without a gateway there is nothing to show');
    if (state !== undefined || json) throw misuse('quota', '--config cannot be combined with --state-dir or --json');
    const source = await quotasOfDocument(config);
    print(showQuotaChange(await tenantQuota(source, request, Date.now)));
    print([`written to ${source.tenants.source}; a gateway that runs with it applies it by itself`]);
    return 0;
  }
  return quotaInForce(stateFolder(state ?? stateDir(terminal.env)), request, json, terminal);
}

function toRequest(tenant: string, set: string[], topUp?: string, duration?: string): QuotaRequest {
  if ((topUp === undefined) !== (duration === undefined))
    throw misuse('quota', '--top-up and --for must be given together');
  return {
    tenant,
    changes: set.length === 0 ? [] : parseChanges(set.join(' ')),
    topUp:
      topUp === undefined || duration === undefined
        ? undefined
        : { requests: parseCount('--top-up', topUp), seconds: parseOptionSeconds(duration) },
    dryRun: false,
    inForceSeconds: IN_FORCE_SECONDS,
    signal: new AbortController().signal,
  };
}

async function quotaInForce(
  folder: StateFolder,
  request: QuotaRequest,
  json: boolean,
  { print, tell }: Terminal,
): Promise<number> {
  const source = quotasOfGateway(folder);
  const { tenant } = request;
  // First, so that nothing is written without a gateway.
  let state = await source.inForce(tenant);
  let late = false;
  if (isEdit(request)) {
    const result = await tenantQuota(source, request, Date.now);
    if (!json) showQuotaChange(result).forEach(print);
    late = result.inForce === false;
    if (late) tell(`written, but not in force after ${IN_FORCE_SECONDS} s; see mcp-gateway status`);
    else if (!json) print('in force');
    state = await source.inForce(tenant);
  }
  if (json) print(toJson(toReport(tenant, state, Date.now())));
  else if (!isEdit(request)) showQuotaInForce(tenant, state, Date.now()).forEach(print);
  return late ? 1 : 0;
}

function toJson(value: unknown): string {
  return JSON.stringify(value, undefined, 2);
}
