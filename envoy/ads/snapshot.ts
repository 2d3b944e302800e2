import { createHash } from 'node:crypto';
import type { Cluster } from '../../protos/gen/envoy/config/cluster/v3/Cluster.ts';
import type { ClusterLoadAssignment } from '../../protos/gen/envoy/config/endpoint/v3/ClusterLoadAssignment.ts';
import { type EncodedAny, encodeAny, typeUrlOf } from '../../protos/load.ts';

/** Type URL of clusters (CDS). */
export const CLUSTER = typeUrlOf('envoy.config.cluster.v3.Cluster');
/** Type URL of endpoints (EDS). */
export const ENDPOINTS = typeUrlOf('envoy.config.endpoint.v3.ClusterLoadAssignment');

/** A resource as it is sent. */
export interface Resource {
  /** Hash of the content, so that equal content is never sent twice. */
  version: string;
  any: EncodedAny;
}

/** The resources of one backend. Both have the name of the cluster. */
export interface BackendResources {
  cluster: Resource;
  endpoints: Resource;
}

/** All resources by cluster name. Immutable: a change makes a new snapshot. */
export type Snapshot = ReadonlyMap<string, BackendResources>;

/** Packs a cluster. */
export function packCluster(cluster: Cluster): Resource {
  return pack(encodeAny('envoy.config.cluster.v3.Cluster', cluster));
}

/** Packs the endpoints of a cluster. */
export function packEndpoints(endpoints: ClusterLoadAssignment): Resource {
  return pack(encodeAny('envoy.config.endpoint.v3.ClusterLoadAssignment', endpoints));
}

/** The resource of a type with a name. */
export function resourcesOf(snapshot: Snapshot, typeUrl: string, name: string): Resource | undefined {
  const backend = snapshot.get(name);
  return typeUrl === CLUSTER ? backend?.cluster : backend?.endpoints;
}

/** Whether two snapshots have the same resources. */
export function equalSnapshots(a: Snapshot, b: Snapshot): boolean {
  if (a.size !== b.size) return false;
  for (const [name, { cluster, endpoints }] of a) {
    const other = b.get(name);
    if (other?.cluster.version !== cluster.version || other.endpoints.version !== endpoints.version) return false;
  }
  return true;
}

function pack(any: EncodedAny): Resource {
  return { any, version: createHash('sha256').update(any.value).digest('base64url').slice(0, 16) };
}
