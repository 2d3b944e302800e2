import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { clusterBackendSchema } from '../../../core/registry/backend.ts';
import { desiredObjects } from '../../../k8s/operator/desired.ts';
import { type Document, PROJECT } from '../../support/gateway.ts';
import type { Cluster } from './cluster.ts';
import type { Images } from './kubelet/images.ts';

/** `test/feature`: test/fixtures/feature-server, an MCP server of the official SDK, which listens on $HOST:$PORT. */
export const FEATURE_IMAGE: Images = {
  'test/feature': {
    entrypoint: [process.execPath, 'test/fixtures/feature-server/main.ts'],
    env: { PORT: '8080' },
    adapt: (started) => ({ ...started, cwd: PROJECT }),
  },
};

/** Creates or changes an MCPBackend, and the objects that an operator would make for it. */
export async function deployBackend(cluster: Cluster, namespace: string, name: string, spec: Document): Promise<void> {
  await writeBackend(cluster, namespace, name, spec);
  const { metadata } = await cluster.api.read(backendPath(namespace, name));
  for (const { resource, body } of desiredObjects(
    clusterBackendSchema.parse({ ...spec, name }),
    metadata.uid,
    'bridge',
  )) {
    await cluster.apply(stringify({ apiVersion: resource.apiVersion, kind: resource.kind, ...body }), namespace);
  }
}

/** Creates or changes only an MCPBackend, without strict validation, as if it was written under an older CRD. */
export async function writeBackend(cluster: Cluster, namespace: string, name: string, spec: Document): Promise<void> {
  const body = { apiVersion: 'mcpgateway.dev/v1alpha1', kind: 'MCPBackend', metadata: { name }, spec };
  await cluster.api.patch(`${backendPath(namespace, name)}?fieldManager=test&force=true`, body, 'apply');
}

/** Path of an MCPBackend in the API. */
export function backendPath(namespace: string, name: string): string {
  return `/apis/mcpgateway.dev/v1alpha1/namespaces/${namespace}/mcpbackends/${name}`;
}

/** Creates or changes the tenants ConfigMap. */
export async function writeTenants(cluster: Cluster, namespace: string, document: Document | string): Promise<void> {
  const text = typeof document === 'string' ? document : stringify(document);
  const body = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'mcp-gateway-tenants' },
    data: { 'tenants.yaml': text },
  };
  const path = `/api/v1/namespaces/${namespace}/configmaps/mcp-gateway-tenants`;
  await cluster.api.patch(`${path}?fieldManager=test&force=true`, body, 'apply');
}

/** A kubeconfig with exactly the permissions of a watcher in docs/kubernetes/watcher.md. */
export async function watcherKubeconfig(
  cluster: Cluster,
  namespaces: { backends: string; gateway: string },
  options?: { server?: string; ca?: string },
): Promise<string> {
  const page = readFileSync(join(PROJECT, 'docs', 'kubernetes', 'watcher.md'), 'utf8');
  const rules = /^## Permissions[\s\S]*?```yaml\n([\s\S]*?)```/m.exec(page)?.[1] ?? '';
  const { backends, gateway } = namespaces;
  await cluster.apply(
    rules
      .replaceAll('namespace: mcp-gateway}', `namespace: ${gateway}}`)
      .replaceAll('namespace: mcp}', `namespace: ${backends}}`),
  );
  return cluster.kubeconfigFor(gateway, 'mcp-gateway', options);
}
