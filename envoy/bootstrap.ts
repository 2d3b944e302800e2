import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';
import { z } from 'zod';

/** Envoy's configuration as the project delivers it. */
export const ENVOY_CONFIG_FILE = fileURLToPath(new URL('./envoy.yaml', import.meta.url));

/** What one machine's gateway sets in it. */
export interface BootstrapSettings {
  /** Address and port of the listener. */
  address: string;
  port: number;
  /** Names of the Unix sockets of the services, relative to Envoy's working directory. */
  sockets: { extAuthz: string[]; extProc: string[]; metadata: string[] };
  /** Default: the one of this process. */
  platform?: NodeJS.Platform;
}

const bootstrap = z.looseObject({
  static_resources: z.looseObject({
    listeners: z.array(z.looseObject({ name: z.string(), address: z.unknown() })),
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
  }
  const sockets: Record<string, string[]> = {
    'ext-authz': settings.sockets.extAuthz,
    'ext-proc': settings.sockets.extProc,
    metadata: settings.sockets.metadata,
  };
  for (const cluster of clusters) {
    const paths = sockets[cluster.name];
    if (paths === undefined) continue;
    const endpoints = paths.map((path) => ({ endpoint: { address: { pipe: { path } } } }));
    cluster.load_assignment = { cluster_name: cluster.name, endpoints: [{ lb_endpoints: endpoints }] };
  }
  return stringify(config);
}
