import { packCluster, packEndpoints, type Snapshot } from '../../../envoy/ads/snapshot.ts';

/** A snapshot of clusters by name, each with a text that determines its version. */
export function snapshotOf(clusters: Record<string, string>): Snapshot {
  return new Map(
    Object.entries(clusters).map(([name, version]) => [
      name,
      {
        cluster: packCluster({ name, edsClusterConfig: { serviceName: version } }),
        endpoints: packEndpoints({
          clusterName: name,
          endpoints: [{ lbEndpoints: [{ endpoint: { hostname: version } }] }],
        }),
      },
    ]),
  );
}
