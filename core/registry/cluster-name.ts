/** Keeps the clusters of backends and the gateway's own clusters apart. */
export const CLUSTER_PREFIX = 'backend/';

/** Name of a backend's cluster in Envoy: ext-authz routes to it, the watcher programs it. */
export function clusterName(backend: string): string {
  return `${CLUSTER_PREFIX}${backend}`;
}
