import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseAllDocuments, stringify } from 'yaml';
import { z } from 'zod';

const run = promisify(execFile);

/** Namespace of the gateway in the manifests. */
const NAMESPACE = 'mcp-gateway';
const RELEASE = 'mcp-gateway';

const manifest = z.looseObject({
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), labels: z.record(z.string(), z.string()).default({}) }),
});

type Manifest = z.output<typeof manifest>;

/** Labels of objects that Helm manages, which is not the case here. */
const OF_HELM = ['helm.sh/chart', 'app.kubernetes.io/managed-by'];

const HEADER = '# Made from the chart with k8s/manifests/values.yaml by npm run generate.\n';

/** The plain manifests, by file name: what the chart renders with their values, and a kustomization of all. */
export async function renderManifests(helm: string, root: string): Promise<Map<string, string>> {
  const chart = join(root, 'k8s', 'chart');
  const values = join(root, 'k8s', 'manifests', 'values.yaml');
  const { stdout } = await run(helm, ['template', RELEASE, chart, '--namespace', NAMESPACE, '--values', values], {
    maxBuffer: 16 << 20,
  });
  const files = new Map<string, Manifest[]>([['namespaces.yaml', [gatewayNamespace()]]]);
  for (const document of parseAllDocuments(stdout, { version: '1.1' })) {
    const object = document.toJS();
    if (object === null) continue;
    const parsed = manifest.parse(object);
    for (const label of OF_HELM) delete parsed.metadata.labels[label];
    if (parsed.kind === 'Namespace') delete parsed.metadata.annotations;
    const file = fileOf(parsed);
    files.set(file, [...(files.get(file) ?? []), parsed]);
  }
  const texts = new Map([
    ['crds.yaml', readFileSync(join(chart, 'crds', 'mcpbackends.yaml'), 'utf8')],
    ...[...files].map(([file, objects]): [string, string] => [file, HEADER + objects.map(toYaml).join('---\n')]),
  ]);
  const kustomization = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources: [...texts.keys()],
  };
  return new Map([['kustomization.yaml', HEADER + toYaml(kustomization)], ...texts]);
}

function gatewayNamespace(): Manifest {
  const labels = { 'app.kubernetes.io/part-of': 'mcp-gateway', 'pod-security.kubernetes.io/enforce': 'restricted' };
  return manifest.parse({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE, labels } });
}

function fileOf({ kind, metadata: { name } }: Manifest): string {
  if (kind === 'Namespace') return 'namespaces.yaml';
  if (kind === 'NetworkPolicy') return 'network.yaml';
  if (kind === 'ConfigMap') return 'config.yaml';
  return name.includes('operator') ? 'operator.yaml' : 'gateway.yaml';
}

// Kubernetes reads YAML 1.1, in which unquoted `no` and `off` are booleans.
function toYaml(object: object): string {
  return stringify(object, { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false });
}
