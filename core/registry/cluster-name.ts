/** Distinguishes the clusters of backends from the gateway's own clusters. */
export const CLUSTER_PREFIX = 'backend/';

/** Name of a backend's cluster in Envoy: the watcher creates it, and ext-authz routes to it. */
export function clusterName(backend: string): string {
  return `${CLUSTER_PREFIX}${backend}`;
}
