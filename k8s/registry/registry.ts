import type { KubernetesConfig } from '../../core/config/gateway.ts';
import type { Problem } from '../../core/document/problems.ts';
import type { Backend } from '../../core/registry/backend.ts';
import type { Endpoint } from '../../core/registry/endpoint.ts';
import type { Tenant } from '../../core/tenants/tenants.ts';
import type { Logger } from '../../runtime/log.ts';
import type { RegistrySource, SourceHooks } from '../../runtime/registry/source.ts';
import type { KubeClient } from '../api/client.ts';
import { Informer, type InformerOptions } from '../api/informer.ts';
import { CONFIG_MAPS, ENDPOINT_SLICES, MCP_BACKENDS, PODS, SERVICES } from '../api/resources.ts';
import { workloadName } from '../mcpbackend/names.ts';
import { parseService, type ServicePorts } from '../objects/services.ts';
import { type BackendReading, ClusterCatalog, parseBackend } from './catalog.ts';
import { type ServiceEndpoints, survivors } from './endpoints.ts';
import { type EndpointPod, readEndpointPod } from './pods.ts';
import { PodIndex } from './pods-index.ts';
import { ClusterSecretStore } from './secrets.ts';
import { ServiceIndex } from './services-index.ts';
import { Settle } from './settle.ts';
import { readSlice, type Slice } from './slices.ts';
import { ClusterTenants, readTenantsText } from './tenants.ts';

/** Problems per log line. All of them are logged again whenever one changes. */
const MAX_LOGGED = 20;

/** Options of a Kubernetes registry. */
export interface KubernetesRegistryOptions extends SourceHooks {
  client: KubeClient;
  config: KubernetesConfig;
  log: Logger;
}

/**
 * The registry of a cluster: the MCPBackends of one namespace, the endpoints of their Services, and the tenants of one ConfigMap.
 * It only reads. It is empty until everything was listed once; while the API server is unreachable, it keeps the last known state.
 */
export class KubernetesRegistry implements RegistrySource {
  readonly secrets: ClusterSecretStore;
  readonly #namespace: string;
  readonly #catalog = new ClusterCatalog();
  readonly #tenants: ClusterTenants;
  readonly #informers: {
    backends: Informer<BackendReading>;
    slices: Informer<Slice>;
    services: Informer<ServicePorts>;
    pods: Informer<EndpointPod>;
    tenants: Informer<string>;
  };
  readonly #services: ServiceIndex;
  readonly #pods: PodIndex;
  readonly #settle: Settle;
  /** The endpoints last returned for each backend; still needed after the backend is deleted. */
  readonly #last = new Map<string, readonly Endpoint[]>();
  #synced = false;

  constructor(options: KubernetesRegistryOptions) {
    const { client, config, log, onChange } = options;
    const { namespace, tenants } = config;
    this.#namespace = namespace;
    this.#tenants = new ClusterTenants(tenants.namespace, tenants.configMap);
    this.#settle = new Settle(() => {
      this.#checkSync(log);
      onChange();
    });
    const changed = () => this.#settle.touch();
    this.secrets = new ClusterSecretStore({ client, namespace, log, onChange: changed });
    const watch = <T>(more: Pick<InformerOptions<T>, 'resource' | 'parse' | 'onChange'>) =>
      new Informer<T>({ client, namespace, log, ...more });
    this.#informers = {
      backends: watch({
        resource: MCP_BACKENDS,
        parse: parseBackend,
        onChange: (names) => {
          if (this.#catalog.update(names, this.#informers.backends.items)) this.#logProblems(log);
          changed();
        },
      }),
      slices: watch({
        resource: ENDPOINT_SLICES,
        parse: readSlice,
        onChange: (names) => {
          this.#services.slicesChanged(names);
          changed();
        },
      }),
      services: watch({
        resource: SERVICES,
        parse: parseService,
        onChange: (names) => {
          this.#services.servicesChanged(names);
          changed();
        },
      }),
      pods: watch({
        resource: PODS,
        parse: readEndpointPod,
        onChange: (names) => {
          this.#services.podsChanged(names);
          this.#pods.podsChanged(names);
          changed();
        },
      }),
      tenants: new Informer({
        client,
        log,
        resource: CONFIG_MAPS,
        namespace: tenants.namespace,
        // RBAC allows listing and watching this ConfigMap only by its name.
        fieldSelector: `metadata.name=${tenants.configMap}`,
        parse: readTenantsText,
        onChange: () => {
          this.#tenants.update(this.#informers.tenants.items.get(tenants.configMap));
          const { problems, source } = this.#tenants;
          if (problems.length > 0) log.error({ problems }, `${source} cannot be used; keeping the last good tenants`);
          changed();
        },
      }),
    };
    const { slices, services, pods } = this.#informers;
    this.#services = new ServiceIndex({ slices: slices.items, services: services.items, pods: pods.items });
    this.#pods = new PodIndex(pods.items);
  }

  get tenants(): readonly Tenant[] | undefined {
    return this.#tenants.current;
  }

  get tenantsSource(): string {
    return this.#tenants.source;
  }

  get backends(): ReadonlyMap<string, Backend> | undefined {
    return this.#synced ? this.#catalog.backends : undefined;
  }

  get problems(): readonly Problem[] {
    const source = `namespace ${this.#namespace}`;
    const unread = Object.values(this.#informers).flatMap(({ problem }) => problem ?? []);
    return [
      ...this.#catalog.problems,
      ...this.#tenants.problems,
      ...unread.map((message) => ({ source, path: '', message })),
    ];
  }

  endpointsOf(backend: Backend): readonly Endpoint[] {
    const { name } = backend;
    const { endpoints } = this.#find(backend);
    if (this.#catalog.backends.has(name)) {
      this.#last.set(name, endpoints);
      return endpoints;
    }
    const known = new Set(endpoints.map(({ id }) => id));
    const left = (this.#last.get(name) ?? []).filter(({ id }) => !known.has(id));
    const all = [...endpoints, ...survivors(left, (pod) => this.#informers.pods.items.get(pod))];
    if (all.length === 0) this.#last.delete(name);
    else this.#last.set(name, all);
    return all;
  }

  notesOf(backend: Backend): readonly string[] {
    const { endpoints, notes } = this.#find(backend);
    if (backend.service !== undefined) return notes;
    const troubles = this.#pods.troublesOf(backend.name);
    if (troubles.length > 0 || endpoints.some(({ draining }) => !draining) || backend.replicas === 0) return troubles;
    return [this.#pods.countOf(backend.name) === 0 ? 'no pod exists yet' : 'no pod is ready yet'];
  }

  isKnown(): boolean {
    return this.#synced;
  }

  close(): void {
    this.#settle.close();
    this.secrets.close();
    for (const informer of Object.values(this.#informers)) informer.close();
  }

  #find({ name, service }: Backend): ServiceEndpoints {
    if (service !== undefined) return this.#services.endpointsOf(service.name, service.port);
    const found = this.#services.endpointsOf(workloadName(name), undefined);
    // A Service of that name need not be the operator's, which then rejects the backend. Only pods of the backend count.
    const isOwn = ({ id }: Endpoint) => this.#informers.pods.items.get(id)?.backend === name;
    return found.endpoints.every(isOwn) ? found : { ...found, endpoints: found.endpoints.filter(isOwn) };
  }

  #checkSync(log: Logger): void {
    if (this.#synced || !Object.values(this.#informers).every(({ synced }) => synced)) return;
    this.#synced = true;
    log.info({ namespace: this.#namespace, backends: this.#catalog.backends.size }, 'registry loaded');
  }

  #logProblems(log: Logger): void {
    const { problems } = this.#catalog;
    if (problems.length === 0) return;
    const fields = { problems: problems.slice(0, MAX_LOGGED), count: problems.length };
    log.error(fields, 'MCPBackends rejected; keeping their last good state');
  }
}
