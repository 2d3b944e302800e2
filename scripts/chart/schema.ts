import {
  asInKubernetes,
  CIDR,
  duration,
  flag,
  keys,
  LABEL,
  label,
  list,
  logLevel,
  map,
  name,
  oneOf,
  orNull,
  port,
  text,
  texts,
  whole,
} from './schema-builders.ts';
import { BACKEND, ISSUER, type JsonSchema, TENANTS } from './schema-parts.ts';

const resources = keys({
  requests: { type: 'object', description: 'CPU and memory that the scheduler reserves' },
  limits: {
    type: 'object',
    description: 'maximum that the container may use; set memory only, since a CPU limit slows responses down',
  },
});
const pullPolicy = oneOf('when the image is pulled', 'Always', 'IfNotPresent', 'Never');
const image = (tag: string, more: Record<string, JsonSchema> = {}) =>
  keys({
    repository: text('name of the image', { minLength: 1 }),
    tag: text(tag),
    digest: text('`sha256:...`, used instead of the tag', { pattern: '^(sha256:[0-9a-f]{64})?$' }),
    ...more,
  });
const OWN_TAG = "tag; default: the chart's appVersion";

const workload = {
  logLevel,
  env: asInKubernetes("additional environment variables of the gateway's own containers, such as HTTPS_PROXY", 'array'),
  podLabels: map('additional labels of the pods'),
  podAnnotations: map('annotations of the pods'),
  nodeSelector: map('labels that a node must have'),
  tolerations: asInKubernetes('tolerations', 'array'),
  affinity: asInKubernetes('affinity'),
  priorityClassName: name('priority class of the pods'),
  serviceAccount: keys({ annotations: map('annotations of the ServiceAccount') }),
};

/** The schema of the chart's values, with a description of every key that is not a mapping of further keys. */
export const VALUES_SCHEMA: JsonSchema & { properties: Record<string, JsonSchema> } = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Values of the chart mcp-gateway',
  type: 'object',
  additionalProperties: false,
  properties: {
    global: { type: 'object', description: 'not used; Helm sets it for subcharts' },
    publicUrl: text('URL at which clients reach the gateway, such as https://mcp.example.com; required', {
      pattern: '^(https?://[^\\s?#]+)?$',
    }),
    issuer: {
      description:
        'issuer of access tokens, as in gateway.yaml (docs/configuration.md); either `issuer` or `issuers` is required',
      type: 'object',
      if: { minProperties: 1 },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON schemas
      then: ISSUER,
    },
    issuers: list('several issuers; cannot be combined with `issuer`', ISSUER, { maxItems: 100 }),
    scopes: texts('scopes that the gateway advertises to clients'),
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
    allowedHosts: texts('Host headers that are accepted in addition to that of publicUrl'),
    allowedOrigins: texts('Origin headers that are accepted in addition to that of publicUrl'),
    audit: keys({
      decisions: oneOf('which decisions ext-authz logs', 'all', 'denied', 'none'),
      onFailure: oneOf(
        'while the log cannot be written: whether requests that would be allowed pass',
        'continue',
        'deny',
      ),
      anonymousDenialsPerSecond: whole(
        'lines per second for denials of callers without a verified token, for each reason and process',
        0,
        10_000,
      ),
    }),
    sessions: keys({ lifetime: duration('maximum lifetime of a session') }),
    nameOverride: text('name in labels; default: the name of the chart', { maxLength: 63 }),
    fullnameOverride: text('name of the objects; default: derived from the name of the release', { maxLength: 53 }),
    image: image(OWN_TAG, { pullPolicy }),
    bridgeImage: image(`${OWN_TAG}. The image runs backends with transport: stdio`),
    imagePullSecrets: list('Secrets that the images are pulled with', keys({ name: name('name of the Secret') })),
    commonLabels: map('labels added to every object'),
    backendsNamespace: keys({
      name: label('namespace of the MCPBackends, their Secrets and their pods'),
      create: flag('create the namespace if it does not exist; it is kept when the release is uninstalled'),
      podSecurity: oneOf('Pod Security Standard that the namespace enforces', 'restricted', 'baseline', 'privileged'),
      labels: map('additional labels of the namespace'),
    }),
    tenantsConfigMap: keys({
      name: name('name of the ConfigMap that holds the tenants under the key tenants.yaml'),
      create: flag('create it from `tenants`; false: you supply it'),
    }),
    sessionKeys: keys({
      existingSecret: name(
        'a Secret with the key session-keys; default: mcp-gateway-session-keys, which the operator creates if it is missing',
      ),
    }),
    listen: keys({
      address: text('address that Envoy listens on; `::` for IPv6', { pattern: '^[0-9a-fA-F.:]+$' }),
      port: whole('port that Envoy listens on', 1024, 65_535),
      trustedProxies: texts(
        'address ranges of the proxies in front of the gateway, whose X-Forwarded-For is trusted',
        CIDR,
      ),
    }),
    tls: keys({
      secretName: name(
        'a Secret of the type kubernetes.io/tls: Envoy then serves TLS, and picks up a renewed certificate; empty: plain HTTP',
      ),
    }),
    redis: keys({
      url: text('Redis that counts the quotas, without a password; empty: each process counts on its own', {
        pattern: '^(rediss?(\\+(sentinel|cluster))?://[^\\s/?#:@]*@?[^\\s/?#@]+(/[A-Za-z0-9._-]*)?)?$',
      }),
      existingSecret: name('a Secret with the password and, for a private CA, its certificate'),
      passwordKey: text('key of the password in that Secret', { minLength: 1 }),
      caKey: text('key of the CA certificate in that Secret, for rediss://; empty: the CAs of the system'),
      tryOut: keys({
        enabled: flag('run one in-memory Redis for evaluation; it loses all counts when it stops'),
        image: keys({ repository: text('name of the image'), tag: text('tag') }),
        resources,
      }),
    }),
    quotas: keys({
      whenRedisFails: oneOf(
        'what to do while Redis is unavailable: apply a share of the quota in each process, or deny the request',
        'share',
        'refuse',
      ),
      deadline: duration('longest wait for an answer from Redis'),
      gateways: orNull(
        whole(
          'number of gateway pods that share the quotas; default: gateway.replicas, or autoscaling.maxReplicas',
          1,
          10_000,
        ),
      ),
    }),
    gateway: keys({
      replicas: whole('number of gateway pods, without autoscaling', 0, 1_000),
      workers: whole('ext-authz processes per pod; use half the CPU cores that a pod may use', 1, 64),
      shutdown: keys({
        settleSeconds: whole(
          'how long a terminating pod still accepts new connections, until load balancers stop sending them',
          0,
          3_600,
        ),
        drainSeconds: whole(
          'how long requests in progress may take after that; streams that are still open are then closed',
          0,
          86_400,
        ),
      }),
      resources: keys({
        envoy: resources,
        extAuthz: resources,
        extProc: resources,
        watcher: resources,
        pod: resources,
      }),
      topologySpreadConstraints: asInKubernetes(
        'topology spread constraints; default: spread over zones and nodes if possible',
        'array',
      ),
      ...workload,
    }),
    envoy: keys({
      image: image('tag', { pullPolicy }),
      heapMiB: whole(
        'memory in MiB that Envoy may use before it resets streams and denies requests: three quarters of its limit',
        64,
        65_536,
      ),
      concurrency: whole('number of Envoy worker threads', 1, 256),
      logLevel: oneOf('log level of Envoy', 'trace', 'debug', 'info', 'warn', 'error', 'critical', 'off'),
    }),
    autoscaling: keys({
      enabled: flag('create a HorizontalPodAutoscaler for the gateway'),
      minReplicas: whole('minimum number of pods', 1, 1_000),
      maxReplicas: whole('maximum number of pods', 1, 1_000),
      targetCPUUtilizationPercentage: whole('target use of the CPU that the pods request, in percent', 1, 1_000),
    }),
    podDisruptionBudget: keys({
      enabled: flag('create a PodDisruptionBudget for the gateway'),
      maxUnavailable: {
        type: ['integer', 'string'],
        description: 'number or percentage of pods that may be unavailable at the same time',
      },
    }),
    service: keys({
      type: oneOf('type of the Service', 'ClusterIP', 'NodePort', 'LoadBalancer'),
      port: orNull(port('port of the Service; default: 80, or 443 with TLS')),
      nodePort: orNull(port('port on each node, for NodePort and LoadBalancer')),
      annotations: map('annotations of the Service, such as those for cloud load balancers'),
      loadBalancerClass: text('class of the load balancer implementation'),
      loadBalancerSourceRanges: texts('address ranges that may connect to the load balancer', CIDR),
      externalTrafficPolicy: oneOf(
        'Local preserves client addresses; only for LoadBalancer and NodePort',
        'Cluster',
        'Local',
      ),
    }),
    ingress: keys({
      enabled: flag('create an Ingress'),
      className: name('class of the Ingress'),
      annotations: map('annotations of the Ingress'),
      host: text('host of the Ingress; default: that of publicUrl'),
      tlsSecretName: name('Secret of the certificate that the Ingress serves'),
    }),
    httpRoute: keys({
      enabled: flag('create an HTTPRoute of the Gateway API'),
      parentRefs: asInKubernetes('Gateways that the route belongs to', 'array'),
      hostnames: texts('hosts of the route; default: that of publicUrl'),
      annotations: map('annotations of the route'),
    }),
    operator: keys({
      enabled: flag(
        'run the operator, which runs the backends that have an image or a command and creates the session keys',
      ),
      replicas: whole('number of operator pods; one leads, the others stand by', 0, 10),
      resources,
      ...workload,
    }),
    admin: keys({
      enabled: flag('serve the admin tools (those of `mcp-gateway serve`) at /gateway/mcp, from separate pods'),
      tenants: list(
        'tenants whose callers with the role mcp.admin may use the admin tools; they administer the whole gateway',
        label('name of a tenant'),
      ),
      existingSecret: name(
        'a Secret with the key secret; default: mcp-gateway-own-tools, which the operator creates if it is missing',
      ),
      replicas: whole('number of pods that serve the admin tools', 0, 10),
      port: whole('port that they listen on', 1024, 65_535),
      resources,
      ...workload,
    }),
    networkPolicy: keys({
      enabled: flag('create NetworkPolicies for the gateway, the operator and the backends'),
      denyAll: flag(
        'deny all other traffic in the namespace of the release; set false if other applications share the namespace',
      ),
      gatewayFrom: asInKubernetes(
        '`from` of a NetworkPolicy: clients that may call the gateway; default: all',
        'array',
      ),
      metricsFrom: asInKubernetes('`from` of a NetworkPolicy: clients that may read metrics; default: none', 'array'),
      apiServerFrom: asInKubernetes(
        "`from` of a NetworkPolicy: sources of the API server's requests to gateway pods, which read the use of quotas; default: konnectivity agents",
        'array',
      ),
      egressTo: asInKubernetes(
        '`to` of a NetworkPolicy: destinations of issuers, `url` backends and Redis; default: all except link-local addresses',
        'array',
      ),
      egressPorts: list('TCP ports there, in addition to those of redis.url', port('a port')),
      apiServerPorts: list('TCP ports of the API server', port('a port')),
      backendPods: asInKubernetes(
        "label selector of the pods in the backends' namespace that only the gateway may reach; default: all",
      ),
      backendsEgress: asInKubernetes(
        '`egress` of a NetworkPolicy: where backends may connect to; default: all except link-local addresses',
        'array',
      ),
    }),
    metrics: keys({
      port: whole('port of /readyz, /livez, /metrics, /stats/prometheus and /quotas on each gateway pod', 1024, 65_535),
      operatorPort: whole('port of /readyz, /livez and /metrics on each operator pod', 1024, 65_535),
      serviceMonitor: keys({
        enabled: flag('create a ServiceMonitor of the Prometheus Operator'),
        interval: text('scrape interval', { pattern: '^[0-9]+(ms|s|m|h)$' }),
        labels: map('labels by which Prometheus selects the ServiceMonitor'),
      }),
    }),
  },
};
