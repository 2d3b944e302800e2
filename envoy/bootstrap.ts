import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { LISTENER_SECRET } from './tls/secret-file.ts';

/** Envoy's configuration as the project ships it. */
export const ENVOY_CONFIG_FILE = fileURLToPath(new URL('./envoy.yaml', import.meta.url));

/** The settings of one gateway that are written into it. */
export interface BootstrapSettings {
  /** Address and port of the listener. */
  address: string;
  port: number;
  /** File with the listener's certificate, written by `envoy/tls/secret-file.ts`. Default: plain HTTP. */
  listenerSecret?: string | undefined;
  /** Address ranges (CIDR) of proxies whose X-Forwarded-For is trusted. Default: none. */
  trustedProxies?: readonly string[];
  /** Absolute path of the folder of all sockets, including Envoy's admin socket. Default: Envoy's working directory. */
  folder?: string;
  /** Names of the Unix sockets of the services. */
  sockets: { extAuthz: string[]; extProc: string[]; metadata: string[] };
  /** Maximum number of client connections. Default: that of envoy.yaml. */
  maxConnections?: number | undefined;
  /** Size of Envoy's heap in MiB, near which it resets streams and then denies requests. Default: that of envoy.yaml. */
  heapMiB?: number | undefined;
  /** Default: the platform of this process. */
  platform?: NodeJS.Platform;
}

/** Every x-forwarded- header except x-forwarded-for. Spelled out because RE2 has no lookahead. */
const FORWARDED_EXCEPT_FOR = 'x-forwarded-([^f].*|f[^o].*|fo[^r].*|for.+)';

const CONNECTIONS = 'envoy.resource_monitors.global_downstream_max_connections';
const HEAP = 'envoy.resource_monitors.fixed_heap';
/** How long a TLS handshake may take. */
const HANDSHAKE_TIMEOUT = '10s';

const connectionManager = z.looseObject({
  use_remote_address: z.literal(true),
  http_filters: z.array(
    z.looseObject({
      typed_config: z.looseObject({
        allowed_headers: z.looseObject({ patterns: z.array(z.unknown()) }).optional(),
      }),
    }),
  ),
  early_header_mutation_extensions: z.tuple([
    z.looseObject({
      typed_config: z.looseObject({
        mutations: z.array(
          z.looseObject({
            remove_on_match: z
              .looseObject({ key_matcher: z.looseObject({ prefix: z.string().optional() }) })
              .optional(),
          }),
        ),
      }),
    }),
  ]),
});

const filterChain = z.looseObject({ filters: z.tuple([z.looseObject({ typed_config: connectionManager })]) });

const pipe = z.looseObject({ pipe: z.looseObject({ path: z.string() }) });

const monitor = z.looseObject({ name: z.string(), typed_config: z.looseObject({}) });

const bootstrap = z.looseObject({
  admin: z.looseObject({ address: pipe }),
  overload_manager: z.looseObject({ resource_monitors: z.array(monitor) }),
  static_resources: z.looseObject({
    listeners: z.array(
      z.looseObject({ name: z.string(), address: z.unknown(), filter_chains: z.tuple([filterChain]) }),
    ),
    clusters: z.array(z.looseObject({ name: z.string(), load_assignment: z.unknown() })),
  }),
});

/** Envoy's configuration for one gateway: `envoy.yaml` with its listener and the sockets of its services. */
export function renderBootstrap(
  settings: BootstrapSettings,
  template = readFileSync(ENVOY_CONFIG_FILE, 'utf8'),
): string {
  const config = bootstrap.parse(parse(template, { maxAliasCount: 100 }));
  const { listeners, clusters } = config.static_resources;
  for (const listener of listeners) {
    // The file has the socket options of Linux; their numbers differ on other systems.
    if ((settings.platform ?? process.platform) !== 'linux') delete listener.socket_options;
    listener.address = { socket_address: { address: settings.address, port_value: settings.port } };
    const [chain] = listener.filter_chains;
    const { listenerSecret, trustedProxies = [] } = settings;
    if (listenerSecret !== undefined) {
      chain.transport_socket = transportSocket(listenerSecret);
      chain.transport_socket_connect_timeout = HANDSHAKE_TIMEOUT;
    }
    if (trustedProxies.length > 0) trustProxies(chain.filters[0].typed_config, trustedProxies);
  }
  for (const { name, typed_config: limit } of config.overload_manager.resource_monitors) {
    const { maxConnections, heapMiB } = settings;
    if (name === CONNECTIONS && maxConnections !== undefined) limit.max_active_downstream_connections = maxConnections;
    if (name === HEAP && heapMiB !== undefined) limit.max_heap_size_bytes = heapMiB * 1024 * 1024;
  }
  const sockets: Record<string, string[]> = {
    'ext-authz': settings.sockets.extAuthz,
    'ext-proc': settings.sockets.extProc,
    metadata: settings.sockets.metadata,
  };
  const located = (name: string) => (settings.folder === undefined ? name : join(settings.folder, name));
  const admin = config.admin.address.pipe;
  admin.path = located(admin.path);
  for (const cluster of clusters) {
    const names = sockets[cluster.name] ?? pipesOf(cluster.load_assignment);
    const endpoints = names.map((name) => ({ endpoint: { address: { pipe: { path: located(name) } } } }));
    cluster.load_assignment = { cluster_name: cluster.name, endpoints: [{ lb_endpoints: endpoints }] };
  }
  return stringify(config);
}

const pipes = z.looseObject({
  endpoints: z.array(
    z.looseObject({ lb_endpoints: z.array(z.looseObject({ endpoint: z.looseObject({ address: pipe }) })) }),
  ),
});

function pipesOf(assignment: unknown): string[] {
  return pipes
    .parse(assignment)
    .endpoints.flatMap(({ lb_endpoints }) => lb_endpoints.map(({ endpoint }) => endpoint.address.pipe.path));
}

function transportSocket(secretFile: string) {
  const sdsConfig = { path_config_source: { path: secretFile }, resource_api_version: 'V3' };
  return {
    name: 'envoy.transport_sockets.tls',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext',
      common_tls_context: {
        tls_params: { tls_minimum_protocol_version: 'TLSv1_2' },
        alpn_protocols: ['h2', 'http/1.1'],
        tls_certificate_sds_secret_configs: [{ name: LISTENER_SECRET, sds_config: sdsConfig }],
      },
    },
  };
}

// Envoy ignores the extension if `use_remote_address` is set. The extension reads X-Forwarded-For only on connections from a listed
// proxy, and takes the last address that is not a listed proxy. On all other connections the header is replaced before it is read.
function trustProxies(manager: z.output<typeof connectionManager>, ranges: readonly string[]): void {
  const [early] = manager.early_header_mutation_extensions;
  for (const { remove_on_match: match } of early.typed_config.mutations) {
    if (match?.key_matcher.prefix === 'x-forwarded-')
      match.key_matcher = { safe_regex: { regex: FORWARDED_EXCEPT_FOR } };
  }
  // Filters may share one list.
  const lists = new Set(manager.http_filters.map(({ typed_config: config }) => config.allowed_headers?.patterns));
  for (const patterns of lists) patterns?.push({ exact: 'x-forwarded-for' });
  const cidrs = ranges.map((range) => {
    const [prefix, length] = range.split('/');
    return { address_prefix: prefix, prefix_len: Number(length) };
  });
  Object.assign(manager, {
    use_remote_address: false,
    http_filters: [oneAddress(), ...manager.http_filters],
    original_ip_detection_extensions: [
      {
        name: 'envoy.http.original_ip_detection.xff',
        typed_config: {
          '@type': 'type.googleapis.com/envoy.extensions.http.original_ip_detection.xff.v3.XffConfig',
          xff_trusted_cidrs: { cidrs },
        },
      },
    ],
  });
}

// ext-authz gets the peer of the connection, which is a proxy here. The header gives it the address of the client.
function oneAddress() {
  const header = { key: 'x-forwarded-for', value: '%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%' };
  const mutations = [{ append: { header, append_action: 'OVERWRITE_IF_EXISTS_OR_ADD' } }];
  return {
    name: 'envoy.filters.http.header_mutation',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.filters.http.header_mutation.v3.HeaderMutation',
      mutations: { request_mutations: mutations },
    },
  };
}
