import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { INSTALLATION } from '../../core/registry/installation.ts';
import { isDnsLabel } from '../../core/registry/names.ts';
import { KubeClient } from '../../k8s/api/client.ts';
import { loadCluster } from '../../k8s/api/credentials.ts';
import { startOperator } from '../../k8s/operator/operator.ts';
import { createLogger } from '../../runtime/log.ts';
import { untilShutdown } from '../../runtime/shutdown.ts';
import { type Command, misuse, parseOptions, required, wholeNumber } from '../command.ts';

const help = `Usage: mcp-gateway operator --bridge-image IMAGE [OPTIONS]

Runs the servers of MCPBackends in a Kubernetes cluster: a StatefulSet, a Service and a PodDisruptionBudget for each
MCPBackend with an image or a command, and a status for all of them. Several replicas may run; one of them leads.

  --bridge-image IMAGE      image of the bridge, which runs servers with transport: stdio
  --namespace NAME          namespace of the MCPBackends (default mcp)
  --gateway-namespace NAME  namespace of the gateway (default mcp-gateway): tenants, session keys, leader election
  --public-url URL          URL of the gateway for clients, for the status of MCPBackends
  --tenants NAME            ConfigMap of the tenants (default mcp-gateway-tenants), which is validated
  --session-keys NAME       Secret of the session keys (default mcp-gateway-session-keys), created if it is missing;
                            empty: do not create it
  --admin-tools-secret NAME Secret whose value the gateway sends to mcp-gateway admin, created if it is missing; default: none
  --health-port N           port of /livez, /readyz and /metrics (default 8081; 0 picks a free port)
  --leader-elect BOOL       true (default): write only while holding the Lease mcp-gateway-operator
  --kubeconfig FILE         default: KUBECONFIG, else the ServiceAccount of the pod, else ~/.kube/config
  --log-level LEVEL         trace, debug, info (default), warn, error

SIGTERM: finishes open work, releases the Lease, exits with 0.`;

/** `mcp-gateway operator` */
export const operator: Command = {
  summary: 'run the servers of MCPBackends on Kubernetes',
  help,
  run: async (args, { env }) => {
    const { values } = parseOptions('operator', args, {
      'bridge-image': { type: 'string' },
      namespace: { type: 'string', default: INSTALLATION.backendsNamespace },
      'gateway-namespace': { type: 'string', default: INSTALLATION.gatewayNamespace },
      'public-url': { type: 'string' },
      tenants: { type: 'string', default: INSTALLATION.tenantsConfigMap },
      'session-keys': { type: 'string', default: INSTALLATION.sessionKeysSecret },
      'admin-tools-secret': { type: 'string' },
      // The former name.
      'own-tools-secret': { type: 'string' },
      'health-port': { type: 'string', default: '8081' },
      'leader-elect': { type: 'string', default: 'true' },
      kubeconfig: { type: 'string' },
      'log-level': { type: 'string', default: 'info' },
    });
    const log = createLogger({ name: 'operator', level: values['log-level'] });
    const settings = {
      bridgeImage: required('operator', 'bridge-image', values['bridge-image']),
      namespace: namespace('namespace', values.namespace),
      gatewayNamespace: namespace('gateway-namespace', values['gateway-namespace']),
      publicUrl: publicUrl(values['public-url']),
      tenantsConfigMap: required('operator', 'tenants', values.tenants),
      sessionKeysSecret: values['session-keys'] === '' ? undefined : values['session-keys'],
      adminToolsSecret: values['admin-tools-secret'] ?? values['own-tools-secret'],
      healthPort: wholeNumber('operator', 'health-port', values['health-port'], 0, 65_535),
      leaderElect: truth('leader-elect', values['leader-elect']),
      identity: `${env.POD_NAME ?? hostname()}_${randomBytes(4).toString('hex')}`,
    };
    const client = new KubeClient(loadCluster({ kubeconfig: values.kubeconfig, env }));
    const running = await startOperator({ ...settings, client, log });
    log.info({ server: client.server, namespace: values.namespace, healthPort: running.healthPort }, 'ready');
    await untilShutdown();
    await running.stop();
    client.close();
    return 0;
  },
};

function namespace(name: string, value: string): string {
  if (isDnsLabel(value)) return value;
  throw misuse('operator', `--${name} must be the name of a namespace (got ${JSON.stringify(value)})`);
}

function publicUrl(value: string | undefined): string | undefined {
  if (value === undefined || value === '') return undefined;
  const url = URL.parse(value);
  if (url !== null && ['http:', 'https:'].includes(url.protocol) && url.search === '' && url.hash === '') return value;
  throw misuse('operator', `--public-url must be an http or https URL without query (got ${value})`);
}

function truth(name: string, value: string): boolean {
  if (value === 'true' || value === 'false') return value === 'true';
  throw misuse('operator', `--${name} must be true or false (got ${value})`);
}
