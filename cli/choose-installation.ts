import { resolve } from 'node:path';
import type { Installation } from '../control/installation.ts';
import type { RegistryKind } from '../core/registry/kind.ts';
import { stateDir } from '../runtime/paths.ts';
import { stateFolder } from '../runtime/state/folder.ts';
import { misuse, type Terminal } from './command.ts';

/** An option that helps to choose which installation a command administers. */
interface InstallationOption {
  type: 'string';
  /** The kind of installation that it is for. */
  kind: RegistryKind;
  /** Placeholder for its value in the help. `DIR` and `FILE` are paths. */
  value: 'DIR' | 'FILE' | 'NAME';
  /** Its description in the help. */
  help: string;
}

/** The options that choose an installation, for {@link parseOptions}. Every command that administers one has all of them. */
export const INSTALLATION_OPTIONS = {
  registry: {
    ...{ type: 'string', kind: 'folder', value: 'DIR' },
    help: 'the folder of a gateway.yaml on this machine, instead of a cluster',
  },
  'state-dir': {
    ...{ type: 'string', kind: 'folder', value: 'DIR' },
    help: 'with --registry: state folder of the gateway; default: mcp-gateway in $XDG_STATE_HOME or ~/.local/state',
  },
  kubeconfig: {
    ...{ type: 'string', kind: 'cluster', value: 'FILE' },
    help: 'default: KUBECONFIG, else ~/.kube/config',
  },
  context: {
    ...{ type: 'string', kind: 'cluster', value: 'NAME' },
    help: 'context of the kubeconfig; default: its current context, or the ServiceAccount of this pod',
  },
  namespace: {
    ...{ type: 'string', kind: 'cluster', value: 'NAME' },
    help: 'namespace of the MCPBackends; default: mcp',
  },
  'gateway-namespace': {
    ...{ type: 'string', kind: 'cluster', value: 'NAME' },
    help: 'namespace of the gateway and its tenants; default: mcp-gateway',
  },
  'tenants-configmap': {
    ...{ type: 'string', kind: 'cluster', value: 'NAME' },
    help: 'in the namespace of the gateway; default: mcp-gateway-tenants',
  },
  'session-keys-secret': {
    ...{ type: 'string', kind: 'cluster', value: 'NAME' },
    help: 'in the namespace of the gateway; default: mcp-gateway-session-keys',
  },
} as const satisfies Readonly<Record<string, InstallationOption>>;

type OptionName = keyof typeof INSTALLATION_OPTIONS;

const OPTIONS = Object.entries(INSTALLATION_OPTIONS) as [OptionName, InstallationOption][];
const HELP_COLUMN = 25;

/** The lines of these options in `--help`. */
export const INSTALLATION_HELP = OPTIONS.map(([name, { value, help }]) => {
  const option = `--${name} ${value}`;
  return `  ${option.length < HELP_COLUMN ? option.padEnd(HELP_COLUMN) : `${option}  `}${help}`;
}).join('\n');

/** Values of the options. Other keys are ignored, so all values of a command can be passed. */
export type InstallationChoice = Readonly<Partial<Record<OptionName, string | undefined>>>;

/** The kind of installation that is chosen. Throws a UserError `usage` if the options contradict each other. */
export function chosenKind(command: string, choice: InstallationChoice): RegistryKind {
  const given = (kind: RegistryKind) =>
    OPTIONS.find(([name, option]) => option.kind === kind && name !== 'registry' && choice[name] !== undefined)?.[0];
  const [ofFolder, ofCluster] = [given('folder'), given('cluster')];
  if (choice.registry === undefined) {
    if (ofFolder !== undefined) throw misuse(command, `--${ofFolder} is only valid with --registry`);
    return 'cluster';
  }
  if (ofCluster !== undefined) {
    throw misuse(command, `--registry chooses a folder of this machine, so it cannot be combined with --${ofCluster}`);
  }
  return 'folder';
}

/** The arguments that make the same choice from any working directory. Throws as {@link chosenKind} does. */
export function choiceArguments(command: string, choice: InstallationChoice): string[] {
  chosenKind(command, choice);
  return OPTIONS.flatMap(([name, { value }]) => {
    const given = choice[name];
    if (given === undefined) return [];
    return [`--${name}`, value === 'NAME' ? given : resolve(given)];
  });
}

/** The installation that the options choose. It is not accessed yet. Throws as {@link chosenKind} does. */
export async function chooseInstallation(
  command: string,
  choice: InstallationChoice,
  env: Terminal['env'],
): Promise<Installation> {
  const { registry, 'state-dir': state, kubeconfig, context, namespace } = choice;
  if (chosenKind(command, choice) === 'folder' && registry !== undefined) {
    const { FolderInstallation } = await import('../control/folder/installation.ts');
    return new FolderInstallation(resolve(registry), stateFolder(resolve(state ?? stateDir(env))));
  }
  const { ClusterInstallation } = await import('../control/cluster/installation.ts');
  return new ClusterInstallation({
    ...{ kubeconfig, context, env, namespace, gatewayNamespace: choice['gateway-namespace'] },
    tenantsConfigMap: choice['tenants-configmap'],
    sessionKeysSecret: choice['session-keys-secret'],
  });
}
