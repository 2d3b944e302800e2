import { resolve } from 'node:path';
import type { Installation } from '../control/installation.ts';
import { UserError } from '../core/errors.ts';
import { stateDir } from '../runtime/paths.ts';
import { stateFolder } from '../runtime/state/folder.ts';
import type { parseOptions, Terminal } from './command.ts';

/** The options that say which fleet is meant; every command that administers one has them. */
export const FLEET_OPTIONS = {
  registry: { type: 'string' },
  'state-dir': { type: 'string' },
  kubeconfig: { type: 'string' },
  context: { type: 'string' },
  namespace: { type: 'string' },
  'gateway-namespace': { type: 'string' },
  'tenants-configmap': { type: 'string' },
  'session-keys-secret': { type: 'string' },
} as const satisfies Parameters<typeof parseOptions>[2];

/** What they do, for `--help`. */
export const FLEET_HELP = `  --registry DIR           the folder of a gateway.yaml on this machine, in place of a cluster
  --state-dir DIR          with --registry: state folder of the gateway; default: mcp-gateway in $XDG_STATE_HOME or ~/.local/state
  --context NAME           context of the kubeconfig; default: its current one, or the ServiceAccount of this pod
  --namespace NAME         namespace of the MCPBackends; default: mcp
  --gateway-namespace NAME namespace of the gateway and its tenants; default: mcp-gateway
  --tenants-configmap NAME there; default: mcp-gateway-tenants
  --session-keys-secret NAME  there; default: mcp-gateway-session-keys
  --kubeconfig FILE        default: KUBECONFIG, else ~/.kube/config`;

/** Their values. */
export type FleetChoice = Partial<Record<keyof typeof FLEET_OPTIONS, string | undefined>>;

/** Finds the fleet that the options name. Throws a UserError where they contradict each other. Nobody is asked yet. */
export async function chooseFleet(command: string, choice: FleetChoice, env: Terminal['env']): Promise<Installation> {
  const hint = `See mcp-gateway ${command} --help.`;
  const { registry, 'state-dir': state, ...cluster } = choice;
  if (registry === undefined) {
    if (state !== undefined) throw new UserError('usage', '--state-dir goes with --registry only', { hint });
    const { ClusterFleet } = await import('../control/cluster/installation.ts');
    const { kubeconfig, context, namespace, 'gateway-namespace': gatewayNamespace } = cluster;
    const { 'tenants-configmap': tenantsConfigMap, 'session-keys-secret': sessionKeysSecret } = cluster;
    const place = { kubeconfig, context, env, namespace, gatewayNamespace, tenantsConfigMap, sessionKeysSecret };
    return new ClusterFleet(place);
  }
  const both = Object.entries(cluster).find(([, value]) => value !== undefined);
  if (both !== undefined) {
    throw new UserError('usage', `--registry is a folder of this machine, --${both[0]} is about a cluster`, { hint });
  }
  const { FolderFleet } = await import('../control/folder/installation.ts');
  return new FolderFleet(resolve(registry), stateFolder(resolve(state ?? stateDir(env))));
}
