import { type Cluster, startCluster } from './cluster.ts';

let shared: Promise<Cluster> | undefined;

/**
 * The control plane of this mocha run, started at the first call, with controllers, two fake nodes and the CRDs of the chart. Tests
 * are isolated by their own namespaces. It stops after the last test.
 */
export function sharedCluster(): Promise<Cluster> {
  shared ??= startCluster();
  return shared;
}

// Imported while mocha loads the files, so it belongs to the whole run.
after('end the shared control plane', async function () {
  this.timeout(30_000);
  await (await shared)?.stop();
});
