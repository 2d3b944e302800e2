import { z } from 'zod';
import { CLUSTER_PREFIX } from '../../core/registry/cluster-name.ts';
import { askAdmin } from '../../runtime/http/unix-client.ts';

const clusters = z.object({
  cluster_statuses: z
    .array(
      z.object({
        name: z.string(),
        host_statuses: z
          .array(
            z.object({
              address: z.object({
                socket_address: z.object({ address: z.string(), port_value: z.number() }).optional(),
                pipe: z.object({ path: z.string() }).optional(),
              }),
              health_status: z.object({
                eds_health_status: z.string().default('UNKNOWN'),
                failed_active_health_check: z.boolean().default(false),
                pending_active_hc: z.boolean().default(false),
              }),
            }),
          )
          .default([]),
      }),
    )
    .default([]),
});

/** Health of an endpoint as Envoy reports it. */
export type EndpointHealth = 'healthy' | 'unhealthy' | 'draining' | 'unknown';

/** Health by cluster name and address of the endpoint. A cluster that Envoy does not have yet is missing. */
export type ClusterHealth = ReadonlyMap<string, ReadonlyMap<string, EndpointHealth>>;

/** Asks Envoy's admin interface on its Unix socket for the health of all clusters of backends. */
export async function readClusterHealth(adminSocket: string): Promise<ClusterHealth> {
  const parsed = clusters.parse(JSON.parse(await askAdmin(adminSocket, 'GET', '/clusters?format=json')));
  const backends = parsed.cluster_statuses.filter(({ name }) => name.startsWith(CLUSTER_PREFIX));
  return new Map(
    backends.map(({ name, host_statuses }) => {
      const hosts = host_statuses.flatMap(({ address, health_status: status }): [string, EndpointHealth][] => {
        if (address.pipe !== undefined) return [[`unix:${address.pipe.path}`, healthOf(status)]];
        if (address.socket_address === undefined) return [];
        const { address: ip, port_value: port } = address.socket_address;
        return [[ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`, healthOf(status)]];
      });
      return [name, new Map(hosts)];
    }),
  );
}

function healthOf(status: {
  eds_health_status: string;
  failed_active_health_check: boolean;
  pending_active_hc: boolean;
}) {
  if (status.eds_health_status === 'DRAINING') return 'draining';
  if (status.pending_active_hc) return 'unknown';
  return status.failed_active_health_check ? 'unhealthy' : 'healthy';
}
