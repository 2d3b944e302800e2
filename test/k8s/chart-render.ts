import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { findHelm } from '../../scripts/go-tools/find.ts';
import { PROJECT } from '../support/gateway.ts';

const run = promisify(execFile);

/** Folder of the chart. */
export const CHART = join(PROJECT, 'k8s', 'chart');

/** The value files that the chart is tested with. */
export const VALUE_FILES: Readonly<Record<string, string>> = {
  minimal: join(CHART, 'ci', 'minimal-values.yaml'),
  entra: join(PROJECT, 'examples', 'entra-three-backends', 'values.yaml'),
  everything: join(CHART, 'ci', 'everything-values.yaml'),
  'existing-secrets': join(CHART, 'ci', 'existing-secrets-values.yaml'),
  'redis-tls': join(CHART, 'ci', 'redis-tls-values.yaml'),
};

/** Output of Helm, and whether it succeeded. */
export interface HelmResult {
  ok: boolean;
  stdout: string;
  stderr: string;
}

/** Runs Helm without the user's own settings. */
export async function helm(args: string[], options: { kubeconfig?: string; home?: string } = {}): Promise<HelmResult> {
  const program = await findHelm((line) => console.log(`      ${line}`));
  const { kubeconfig = '/dev/null', home = '/nonexistent' } = options;
  const env = { PATH: process.env.PATH, HOME: home, KUBECONFIG: kubeconfig };
  try {
    return { ok: true, ...(await run(program, args, { env, maxBuffer: 32 << 20 })) };
  } catch (error) {
    const { stdout, stderr } = z.object({ stdout: z.string(), stderr: z.string() }).parse(error);
    return { ok: false, stdout, stderr };
  }
}

const mount = z.looseObject({ name: z.string(), mountPath: z.string() });

const container = z.looseObject({
  name: z.string(),
  image: z.string(),
  restartPolicy: z.string().optional(),
  command: z.array(z.string()).default([]),
  args: z.array(z.string()).default([]),
  volumeMounts: z.array(mount).default([]),
  securityContext: z.looseObject({}).default({}),
});

const podSpec = z.looseObject({
  automountServiceAccountToken: z.boolean().optional(),
  securityContext: z.looseObject({}).default({}),
  initContainers: z.array(container).default([]),
  containers: z.array(container),
  volumes: z.array(z.looseObject({ name: z.string() })).default([]),
});

const rendered = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() }),
  data: z.record(z.string(), z.string()).optional(),
  spec: z.looseObject({ template: z.looseObject({ spec: podSpec.optional() }).optional() }).optional(),
});

/** An object that the chart renders. */
export type Rendered = z.output<typeof rendered>;

/** How the chart is rendered besides its value file. `set` holds pairs `key=value`. */
interface RenderOptions {
  namespace?: string;
  set?: string[];
}

/** Renders the chart as the release mcp-gateway. Throws an error with Helm's stderr. */
export async function renderText(values: string, { namespace = 'mcp-gateway', set = [] }: RenderOptions = {}) {
  const args = ['template', 'mcp-gateway', CHART, '--namespace', namespace, '--values', values];
  const result = await helm([...args, ...set.flatMap((pair) => ['--set', pair])]);
  if (!result.ok) throw new Error(result.stderr);
  return result.stdout;
}

/** The objects that {@link renderText} gives, parsed. */
export async function render(values: string, options: RenderOptions = {}): Promise<Rendered[]> {
  // Kubernetes reads YAML 1.1, where no and off are booleans.
  return parseAllDocuments(await renderText(values, options), { version: '1.1' })
    .map((document) => document.toJS())
    .filter((object) => object !== null)
    .map((object) => rendered.parse(object));
}

/** The one object of a kind and name. */
export function only(objects: readonly Rendered[], kind: string, name: string): Rendered {
  const found = objects.filter((object) => object.kind === kind && object.metadata.name === name);
  const [object] = found;
  if (object === undefined || found.length > 1) throw new Error(`${found.length} objects ${kind}/${name}`);
  return object;
}

/** The pod of a Deployment: its containers, in the order in which they start. */
export function podOf({ spec }: Rendered): z.output<typeof podSpec> {
  if (spec?.template?.spec === undefined) throw new Error('it has no pods');
  return spec.template.spec;
}
