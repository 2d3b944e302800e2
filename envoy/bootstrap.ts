import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { LISTENER_SECRET } from './tls/secret-file.ts';

/** Envoy's configuration as the project delivers it. */
export const ENVOY_CONFIG_FILE = fileURLToPath(new URL('./envoy.yaml', import.meta.url));

/** What one machine's gateway sets in it. */
export interface BootstrapSettings {
  /** Address and port of the listener. */
  address: string;
  port: number;
  /** File that the listener's certificate is read from, as `envoy/tls/secret-file.ts` writes it. Default: plain HTTP. */
  listenerSecret?: string | undefined;
  /** Ranges of addresses (CIDR) of proxies whose X-Forwarded-For is believed. Default: none. */
  trustedProxies?: readonly string[];
  /** Absolute path of the folder of all sockets, Envoy's admin socket among them. Default: Envoy's working directory. */
  folder?: string;
  /** Names of the Unix sockets of the services. */
  sockets: { extAuthz: string[]; extProc: string[]; metadata: string[] };
  /** Default: the one of this process. */
  platform?: NodeJS.Platform;
}

/** Headers that begin with x-forwarded-, but for x-forwarded-for; RE2 cannot look ahead. */
const FORWARDED_BUT_FOR = 'x-forwarded-([^f].*|f[^o].*|fo[^r].*|for.+)';

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

const bootstrap = z.looseObject({
  admin: z.looseObject({ address: pipe }),
  static_resources: z.looseObject({
    listeners: z.array(
      z.looseObject({ name: z.string(), address: z.unknown(), filter_chains: z.tuple([filterChain]) }),
    ),
    clusters: z.array(z.looseObject({ name: z.string(), load_assignment: z.unknown() })),
  }),
});

/** Envoy's configuration for one machine: `envoy.yaml` with the listener and the services' sockets set. */
export function renderBootstrap(
  settings: BootstrapSettings,
  template = readFileSync(ENVOY_CONFIG_FILE, 'utf8'),
): string {
  const config = bootstrap.parse(parse(template, { maxAliasCount: 100 }));
  const { listeners, clusters } = config.static_resources;
  for (const listener of listeners) {
    // The numbers of socket options differ from system to system; the file has those of Linux.
    if ((settings.platform ?? process.platform) !== 'linux') delete listener.socket_options;
    listener.address = { socket_address: { address: settings.address, port_value: settings.port } };
    const [chain] = listener.filter_chains;
    const { listenerSecret, trustedProxies = [] } = settings;
    if (listenerSecret !== undefined) chain.transport_socket = transportSocket(listenerSecret);
    if (trustedProxies.length > 0) trustProxies(chain.filters[0].typed_config, trustedProxies);
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

// With `use_remote_address` Envoy would not ask the extension. That one heeds X-Forwarded-For only on connections from a proxy of
// the list, and finds the last address in it that is no such proxy. Everybody else's header is replaced before anyone reads it.
function trustProxies(manager: z.output<typeof connectionManager>, ranges: readonly string[]): void {
  const [early] = manager.early_header_mutation_extensions;
  for (const { remove_on_match: match } of early.typed_config.mutations) {
    if (match?.key_matcher.prefix === 'x-forwarded-') match.key_matcher = { safe_regex: { regex: FORWARDED_BUT_FOR } };
  }
  for (const { typed_config: config } of manager.http_filters) {
    config.allowed_headers?.patterns.push({ exact: 'x-forwarded-for' });
  }
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

// ext-authz is shown the connection's peer, which is a proxy here: the header tells it who the client is.
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
