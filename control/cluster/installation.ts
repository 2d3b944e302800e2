import { UserError } from '../../core/errors.ts';
import { INSTALLATION, SESSION_KEYS_KEY, TENANTS_KEY } from '../../core/registry/installation.ts';
import { runsProcesses } from '../../core/registry/runs.ts';
import type { SessionKeys } from '../../core/session/keys.ts';
import { eventsOf } from '../../k8s/admin/events.ts';
import { GATEWAY_PODS } from '../../k8s/admin/gateway-pods.ts';
import { healthOf } from '../../k8s/admin/health.ts';
import { type AdminBackend, AdminObjects } from '../../k8s/admin/objects.ts';
import { type AdminPod, podLog, podsBySelector, podsOfBackend } from '../../k8s/admin/pods.ts';
import { readSecret } from '../../k8s/admin/secret.ts';
import { KubeClient } from '../../k8s/api/client.ts';
import { auditLine } from '../explain/audit-lines.ts';
import { sessionKeysIn } from '../explain/session-keys.ts';
import type {
  AuditLine,
  AuditQuery,
  BackendDetail,
  BackendListing,
  BackendSpec,
  Installation,
  ManagedBackend,
  QuotaAnswer,
  ReplicaDetail,
  TenantsDocument,
  WriteOptions,
} from '../installation.ts';
import { nameCluster } from './context.ts';

/** Last log lines of each container that are searched for decisions. */
const AUDIT_LINES = 50_000;

/** Selects a cluster, namespaces and objects in it. */
export interface ClusterInstallationOptions {
  kubeconfig: string | undefined;
  context: string | undefined;
  env: Readonly<Record<string, string | undefined>>;
  /** Namespace of the MCPBackends. Default: mcp. */
  namespace: string | undefined;
  /** Namespace of the gateway and its tenants. Default: mcp-gateway. */
  gatewayNamespace: string | undefined;
  /** In the namespace of the gateway. Default: mcp-gateway-tenants. */
  tenantsConfigMap?: string | undefined;
  /** In the namespace of the gateway. Default: mcp-gateway-session-keys. */
  sessionKeysSecret?: string | undefined;
}

/** Clients of the Kubernetes API. */
interface Connection {
  client: KubeClient;
  objects: AdminObjects;
}

/** MCPBackends in a namespace of a Kubernetes cluster, and the tenants of the gateway that serves them. */
export class ClusterInstallation implements Installation {
  readonly kind = 'cluster';
  readonly title: string;
  readonly secretsLocation: string;
  // The status names the generation of the spec that it is about.
  readonly settleMs = 0;
  readonly tenants: TenantsDocument;
  readonly #options: ClusterInstallationOptions;
  readonly #namespace: string;
  readonly #gatewayNamespace: string;
  #connecting: Promise<Connection> | undefined;

  constructor(options: ClusterInstallationOptions) {
    this.#options = options;
    this.#namespace = options.namespace ?? INSTALLATION.backendsNamespace;
    this.#gatewayNamespace = options.gatewayNamespace ?? INSTALLATION.gatewayNamespace;
    this.secretsLocation = this.#namespace;
    this.title = `${nameCluster(options)}: backends in the namespace ${this.#namespace}, tenants in ${this.#gatewayNamespace}`;
    const { tenantsConfigMap: name = INSTALLATION.tenantsConfigMap } = options;
    const configMap = { namespace: this.#gatewayNamespace, name };
    const source = `the ConfigMap ${name} in the namespace ${this.#gatewayNamespace}`;
    this.tenants = {
      source,
      read: async () => {
        const text = await (await this.#connection()).objects.readText(configMap, TENANTS_KEY);
        if (text !== undefined) return text;
        throw new UserError('config', `${source} has no key ${TENANTS_KEY}`);
      },
      edit: async (change) => (await this.#connection()).objects.editText(configMap, TENANTS_KEY, change),
    };
  }

  async list(): Promise<BackendListing> {
    const { objects } = await this.#connection();
    const found = await objects.list();
    return { backends: found.map((each) => this.#toManaged(each)), notes: [] };
  }

  async get(name: string): Promise<ManagedBackend | undefined> {
    const { objects } = await this.#connection();
    const found = await objects.get(name);
    return found && this.#toManaged(found);
  }

  async create({ name, ...spec }: BackendSpec, { dryRun }: WriteOptions): Promise<void> {
    await (await this.#connection()).objects.create(name, spec, dryRun);
  }

  async update(name: string, change: (spec: BackendSpec) => BackendSpec, { dryRun }: WriteOptions): Promise<void> {
    const { objects } = await this.#connection();
    await objects.update(
      name,
      (spec) => {
        const { name: _, ...changed } = change({ ...spec, name });
        return changed;
      },
      dryRun,
    );
  }

  async remove(name: string): Promise<void> {
    await (await this.#connection()).objects.remove(name);
  }

  async detail({ name, backend }: ManagedBackend, lines: number): Promise<BackendDetail> {
    const { client } = await this.#connection();
    if (backend === undefined || !runsProcesses(backend)) {
      return { replicas: [], history: await eventsOf(client, this.#namespace, [{ kind: 'MCPBackend', name }]) };
    }
    const found = await podsOfBackend(client, this.#namespace, name);
    const replicas = await Promise.all(found.map((pod) => this.#toReplica(pod, lines)));
    const named = found.map((pod) => ({ kind: 'Pod', name: pod.name }));
    const history = await eventsOf(client, this.#namespace, [{ kind: 'MCPBackend', name }, ...named]);
    return { replicas, history };
  }

  async quotaState(tenant: string): Promise<QuotaAnswer> {
    const { client } = await this.#connection();
    // Loaded on demand: few calls need it.
    const { askGateways } = await import('./quota-use.ts');
    return askGateways(client, this.#gatewayNamespace, tenant);
  }

  async sessionKeys(): Promise<SessionKeys> {
    const { client } = await this.#connection();
    const { sessionKeysSecret: name = INSTALLATION.sessionKeysSecret } = this.#options;
    const source = `the Secret ${name} in the namespace ${this.#gatewayNamespace}`;
    const text = await readSecret(client, { namespace: this.#gatewayNamespace, name }, SESSION_KEYS_KEY);
    if (text === undefined) throw new UserError('config', `${source} has no key ${SESSION_KEYS_KEY}`);
    return sessionKeysIn(text, source);
  }

  async auditLines(about: AuditQuery): Promise<AuditLine[]> {
    const { client } = await this.#connection();
    const namespace = this.#gatewayNamespace;
    const gateways = await podsBySelector(client, namespace, GATEWAY_PODS);
    const asked = gateways.flatMap(({ name, containers }) =>
      containers
        .filter((container) => /^ext-(authz|proc)-\d+$/.test(container))
        .map((container) => podLog(client, { namespace, name, container }, AUDIT_LINES)),
    );
    const lines = (await Promise.all(asked)).flat().map((line) => auditLine(line, about));
    const found = lines.filter((line) => line !== undefined);
    return found.sort((a, b) => (String(a.time) < String(b.time) ? -1 : 1));
  }

  #toManaged({ spec, view }: AdminBackend): ManagedBackend {
    return {
      ...{ name: view.name, spec: { ...spec, name: view.name }, url: view.status.url, health: healthOf(view) },
      backend: view.backend.ok ? view.backend.value : undefined,
      source: `the MCPBackend ${view.name} in the namespace ${view.namespace}`,
    };
  }

  async #toReplica(pod: AdminPod, lines: number): Promise<ReplicaDetail> {
    const { client } = await this.#connection();
    const { name, address, incarnation, state, restarts, startedAt, lastExit } = pod;
    const container = { namespace: this.#namespace, name, container: 'server' };
    // Permission to list pods does not include their logs.
    const log =
      lines === 0
        ? []
        : await podLog(client, container, lines).catch((error: unknown) => {
            if (error instanceof UserError) return [`(no log: ${error.message})`];
            throw error;
          });
    const health = pod.draining ? 'draining' : pod.ready ? 'healthy' : 'unhealthy';
    return { id: name, address, incarnation, state, health, restarts, startedAt, lastExit, log };
  }

  // A failure is not kept: the kubeconfig may be fixed while the server runs.
  #connection(): Promise<Connection> {
    this.#connecting ??= this.#connect().catch((error: unknown) => {
      this.#connecting = undefined;
      throw error;
    });
    return this.#connecting;
  }

  async #connect(): Promise<Connection> {
    // Loaded on demand: the library takes half a second, and a server must start sooner.
    const { loadCluster } = await import('../../k8s/api/credentials.ts');
    const { kubeconfig, context, env } = this.#options;
    const client = new KubeClient(loadCluster({ kubeconfig, context, env }));
    return { client, objects: new AdminObjects(client, this.#namespace) };
  }
}
