import { BACKEND, ISSUER, type JsonSchema, TENANTS } from './schema-parts.ts';

const DURATION = '^[0-9]{1,9}(ms|s|m|h|d)$';
const NAME = '^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$';
const LABEL = '^[a-z0-9]([a-z0-9-]*[a-z0-9])?$';
const CIDR = '^[0-9a-fA-F.:]+/[0-9]{1,3}$';

const text = (description: string, more: JsonSchema = {}): JsonSchema => ({ type: 'string', description, ...more });
const flag = (description: string): JsonSchema => ({ type: 'boolean', description });
const whole = (description: string, minimum: number, maximum: number): JsonSchema => ({
  type: 'integer',
  description,
  minimum,
  maximum,
});
const orNull = (schema: JsonSchema): JsonSchema => ({ ...schema, type: [String(schema.type), 'null'] });
const list = (description: string, items: JsonSchema, more: JsonSchema = {}): JsonSchema => ({
  type: 'array',
  description,
  items,
  ...more,
});
const texts = (description: string, pattern?: string): JsonSchema =>
  list(description, { type: 'string', minLength: 1, ...(pattern === undefined ? {} : { pattern }) });
const map = (description: string): JsonSchema => ({
  type: 'object',
  description,
  additionalProperties: { type: 'string' },
});
/** What Kubernetes knows and checks itself. */
const asInKubernetes = (what: string, type: 'array' | 'object' = 'object'): JsonSchema => ({
  type,
  description: `${what}, as Kubernetes has it`,
  ...(type === 'array' ? { items: { type: 'object' } } : {}),
});
const keys = (properties: Record<string, JsonSchema>, more: JsonSchema = {}): JsonSchema => ({
  type: 'object',
  additionalProperties: false,
  properties,
  ...more,
});
const oneOf = (description: string, ...values: string[]): JsonSchema => ({ type: 'string', description, enum: values });

const port = (description: string) => whole(description, 1, 65_535);
const duration = (description: string) =>
  text(`${description}, such as 500ms, 30s, 5m, 1h or 7d`, { pattern: DURATION });
const name = (description: string) => text(description, { pattern: `${NAME}|^$`, maxLength: 253 });
const label = (description: string) => text(description, { pattern: LABEL, maxLength: 63 });
const logLevel = oneOf('least severe level that is logged', 'trace', 'debug', 'info', 'warn', 'error');

const resources = keys({
  requests: { type: 'object', description: 'processor and memory that a pod is placed by' },
  limits: {
    type: 'object',
    description: 'most that it may use; memory alone, since a processor limit slows down answers',
  },
});
const pullPolicy = oneOf('when the image is pulled', 'Always', 'IfNotPresent', 'Never');
const image = (tag: string, more: Record<string, JsonSchema> = {}) =>
  keys({
    repository: text('name of the image', { minLength: 1 }),
    tag: text(tag),
    digest: text('`sha256:...`, in place of the tag', { pattern: '^(sha256:[0-9a-f]{64})?$' }),
    ...more,
  });
const OWN_TAG = "tag; default: the chart's appVersion";

const workload = {
  logLevel,
  env: asInKubernetes("more environment of the project's containers, such as HTTPS_PROXY", 'array'),
  podLabels: map('more labels of the pods'),
  podAnnotations: map('annotations of the pods'),
  nodeSelector: map('labels that a node must have'),
  tolerations: asInKubernetes('tolerations', 'array'),
  affinity: asInKubernetes('affinity'),
  priorityClassName: name('priority class of the pods'),
  serviceAccount: keys({ annotations: map('annotations of the ServiceAccount') }),
};

/** The schema of the chart's values, with a description of every key that stands alone. */
export const VALUES_SCHEMA: JsonSchema & { properties: Record<string, JsonSchema> } = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Values of the chart mcp-gateway',
  type: 'object',
  additionalProperties: false,
  properties: {
    global: { type: 'object', description: 'left to a chart that this one is a part of' },
    publicUrl: text('where clients reach the gateway, such as https://mcp.example.com; required', {
      pattern: '^(https?://[^\\s?#]+)?$',
    }),
    issuer: {
      description:
        'who issues access tokens, as in gateway.yaml (docs/configuration.md); this or `issuers` is required',
      type: 'object',
      if: { minProperties: 1 },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON schemas
      then: ISSUER,
    },
    issuers: list('several issuers, in place of `issuer`', ISSUER, { maxItems: 100 }),
    scopes: texts('what clients are told to ask for at first'),
    tenants: {
      ...TENANTS,
      description: 'tenants as in tenants.yaml (docs/configuration.md); at least one is required',
    },
    backends: {
      type: 'object',
      description: 'backends by name; keys are those of the spec of an MCPBackend (docs/kubernetes/mcpbackend.md)',
      propertyNames: { pattern: LABEL, maxLength: 63 },
      additionalProperties: BACKEND,
    },
    allowedHosts: texts('accepted Host headers besides that of publicUrl'),
    allowedOrigins: texts('accepted Origin headers besides that of publicUrl'),
    audit: keys({ decisions: oneOf('which decisions the logs of ext-authz hold', 'all', 'denied', 'none') }),
    sessions: keys({ lifetime: duration('longest life of a session') }),
    nameOverride: text("name in labels, in place of the chart's", { maxLength: 63 }),
    fullnameOverride: text('name of the objects, in place of that of the release', { maxLength: 53 }),
    image: image(OWN_TAG, { pullPolicy }),
    bridgeImage: image(`${OWN_TAG}. This image runs backends with transport: stdio`),
    imagePullSecrets: list('Secrets that the images are pulled with', keys({ name: name('of the Secret') })),
    commonLabels: map('labels of every object'),
    backendsNamespace: keys({
      name: label('where MCPBackends, their Secrets and their pods are'),
      create: flag('make it, unless it exists; it is kept when the release is uninstalled'),
      podSecurity: oneOf('Pod Security Standard that it enforces', 'restricted', 'baseline', 'privileged'),
      labels: map('more labels of it'),
    }),
    tenantsConfigMap: keys({
      name: name('of the ConfigMap with the tenants, under the key tenants.yaml'),
      create: flag('make it from `tenants`; false: somebody else writes it'),
    }),
    sessionKeys: keys({
      existingSecret: name(
        'a Secret with the key session-keys; default: mcp-gateway-session-keys, which the operator makes once',
      ),
    }),
    listen: keys({
      address: text('address that Envoy listens on; `::` for IPv6', { pattern: '^[0-9a-fA-F.:]+$' }),
      port: whole('port that Envoy listens on', 1024, 65_535),
      trustedProxies: texts('ranges of addresses of proxies in front, whose X-Forwarded-For is believed', CIDR),
    }),
    tls: keys({
      secretName: name('a Secret of the type kubernetes.io/tls; Envoy then speaks TLS. Read live; empty: plain HTTP'),
    }),
    redis: keys({
      url: text('where quotas are counted, without a password; empty: in each process', {
        pattern: '^(rediss?(\\+(sentinel|cluster))?://[^\\s/?#:@]*@?[^\\s/?#@]+(/[A-Za-z0-9._-]*)?)?$',
      }),
      existingSecret: name('a Secret with the password, and the certificate of a private authority'),
      passwordKey: text('its key with the password', { minLength: 1 }),
      caKey: text('its key with the certificate for rediss://; empty: public authorities'),
      tryOut: keys({
        enabled: flag('one Redis in memory, to try things out; it loses all counts when it ends'),
        image: keys({ repository: text('name of the image'), tag: text('its tag') }),
        resources,
      }),
    }),
    quotas: keys({
      whenRedisFails: oneOf('while Redis cannot be asked', 'share', 'refuse'),
      deadline: duration('longest wait for Redis'),
      gateways: orNull(
        whole('gateways that share the quotas; default: gateway.replicas, or autoscaling.maxReplicas', 1, 10_000),
      ),
    }),
    gateway: keys({
      replicas: whole('pods of the gateway, without autoscaling', 0, 1_000),
      workers: whole('ext-authz processes of a pod: half the processor cores that it may use', 1, 64),
      shutdown: keys({
        settleSeconds: whole(
          'how long a pod that ends takes new connections, while load balancers learn of it',
          0,
          3_600,
        ),
        drainSeconds: whole('how long requests under way may take then; open streams are cut after it', 0, 86_400),
      }),
      resources: keys({
        envoy: resources,
        extAuthz: resources,
        extProc: resources,
        watcher: resources,
        pod: resources,
      }),
      topologySpreadConstraints: asInKubernetes('spread; default: over zones and nodes where possible', 'array'),
      ...workload,
    }),
    envoy: keys({
      image: image('tag', { pullPolicy }),
      concurrency: whole('threads of Envoy', 1, 256),
      logLevel: oneOf('of Envoy', 'trace', 'debug', 'info', 'warn', 'error', 'critical', 'off'),
    }),
    autoscaling: keys({
      enabled: flag('a HorizontalPodAutoscaler for the gateway'),
      minReplicas: whole('fewest pods', 1, 1_000),
      maxReplicas: whole('most pods', 1, 1_000),
      targetCPUUtilizationPercentage: whole('of the processor that the pods request', 1, 1_000),
    }),
    podDisruptionBudget: keys({
      enabled: flag('a PodDisruptionBudget for the gateway'),
      maxUnavailable: { type: ['integer', 'string'], description: 'pods that may be away at once, or a percentage' },
    }),
    service: keys({
      type: oneOf('of the Service', 'ClusterIP', 'NodePort', 'LoadBalancer'),
      port: orNull(port('of the Service; default: 80, or 443 with TLS')),
      nodePort: orNull(port('of each node, for NodePort and LoadBalancer')),
      annotations: map('annotations, such as those for load balancers of clouds'),
      loadBalancerClass: text('implementation of the load balancer'),
      loadBalancerSourceRanges: texts('who may connect to the load balancer', CIDR),
      externalTrafficPolicy: oneOf('Local keeps the addresses of clients', 'Cluster', 'Local'),
    }),
    ingress: keys({
      enabled: flag('an Ingress'),
      className: name('its class'),
      annotations: map('annotations of the Ingress'),
      host: text('default: the host of publicUrl'),
      tlsSecretName: name('Secret of its certificate'),
    }),
    httpRoute: keys({
      enabled: flag('a route of the Gateway API'),
      parentRefs: asInKubernetes('which Gateways it belongs to', 'array'),
      hostnames: texts('default: the host of publicUrl'),
      annotations: map('annotations of the route'),
    }),
    operator: keys({
      enabled: flag('run the backends that name an image or a command, and make the session keys'),
      replicas: whole('pods of the operator; one leads, the others wait', 0, 10),
      resources,
      ...workload,
    }),
    admin: keys({
      enabled: flag('serve the tools of `mcp-gateway serve` at /gateway/mcp, in pods of their own'),
      tenants: list(
        'tenants whose holders of the role mcp.admin may use them, and administer the whole gateway',
        label('name of a tenant'),
      ),
      existingSecret: name(
        'a Secret with the key secret; default: mcp-gateway-own-tools, which the operator makes once',
      ),
      replicas: whole('pods that serve them', 0, 10),
      port: whole('that they listen on', 1024, 65_535),
      resources,
      ...workload,
    }),
    networkPolicy: keys({
      enabled: flag('NetworkPolicies for the gateway, the operator and the backends'),
      denyAll: flag('deny all else in the namespace of the release; false where it is shared with others'),
      gatewayFrom: asInKubernetes('who may call the gateway; default: everybody. `from`', 'array'),
      metricsFrom: asInKubernetes('who may read metrics; default: nobody. `from`', 'array'),
      apiServerFrom: asInKubernetes(
        'where the API server connects to pods from, for the use of quotas; default: konnectivity agents. `from`',
        'array',
      ),
      egressTo: asInKubernetes(
        'where issuers, `url` backends and Redis are; default: everywhere but link-local. `to`',
        'array',
      ),
      egressPorts: list('TCP ports there, besides those of redis.url', port('a port')),
      apiServerPorts: list('TCP ports of the API server', port('a port')),
      backendPods: asInKubernetes(
        "pods of the backends' namespace that only the gateway may reach; default: all. A label selector",
      ),
      backendsEgress: asInKubernetes(
        'where backends may connect to; default: everywhere but link-local. `egress`',
        'array',
      ),
    }),
    metrics: keys({
      port: whole('of /readyz, /livez, /metrics, /stats/prometheus and /quotas of each gateway pod', 1024, 65_535),
      operatorPort: whole('of /readyz, /livez and /metrics of each operator pod', 1024, 65_535),
      serviceMonitor: keys({
        enabled: flag('a ServiceMonitor of the Prometheus operator'),
        interval: text('how often it asks', { pattern: '^[0-9]+(ms|s|m|h)$' }),
        labels: map('labels that the Prometheus looks for'),
      }),
    }),
  },
};
