import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { z } from 'zod';
import { eventually } from '../../fixtures/replica-server/waiting.ts';
import { PROJECT } from '../../support/gateway.ts';
import { Api, ApiError } from './api.ts';
import { type ControlPlane, type ControlPlaneOptions, startControlPlane } from './control-plane.ts';

/** Label of nodes, by which an annotation of a namespace selects them. */
export const NODES_LABEL = 'test.mcpgateway.dev/nodes';

/** Options of {@link Cluster.newNamespace}. */
export interface NamespaceOptions {
  /** Default: a random one. */
  name?: string;
  /** Nodes for its pods: `nodes` of a kubelet of the test, see kubelet.ts. Default: the fake nodes. */
  nodes?: string;
  labels?: Record<string, string>;
}

/** Options of kubectl. */
export interface KubectlOptions {
  /** Text for standard input. */
  stdin?: string;
  /** Default: that of the administrator. */
  kubeconfig?: string;
}

/** A control plane, with helpers for tests. */
export interface Cluster extends ControlPlane {
  /** Client with the rights of the administrator. */
  api: Api;
  /** Creates a namespace and, if there are controllers, waits for its ServiceAccount. */
  newNamespace(options?: NamespaceOptions): Promise<string>;
  /** Runs kubectl and returns its output. Throws an error with its stderr if it fails. */
  kubectl(args: string[], options?: KubectlOptions): Promise<string>;
  /** Server-side apply of documents; an unknown or duplicate field is an error. Returns the output of kubectl. */
  apply(yaml: string, namespace?: string): Promise<string>;
  /** A token of a ServiceAccount, which is created if it is missing. */
  serviceAccountToken(namespace: string, name: string): Promise<string>;
  /** Path of a kubeconfig of a ServiceAccount, which is created if it is missing. `server` is another address, such as that of an api-proxy. */
  kubeconfigFor(namespace: string, name: string, options?: { server?: string; ca?: string }): Promise<string>;
  /** Path of a kubeconfig with this token. */
  writeKubeconfig(access: { token: string; server?: string; ca?: string; namespace?: string }): string;
}

const CRDS = join(PROJECT, 'k8s', 'chart', 'crds');
const tokenSchema = z.object({ status: z.object({ token: z.string() }) });

/** Starts a control plane, with helpers for tests. Default: with controllers and two fake nodes. */
export async function startCluster(options: ControlPlaneOptions = {}): Promise<Cluster> {
  const plane = await startControlPlane({ fakeNodes: 2, ...options });
  const cluster = clusterOf(plane, options);
  try {
    await installCrds(cluster);
  } catch (error) {
    await cluster.stop();
    throw error;
  }
  return cluster;
}

function clusterOf(plane: ControlPlane, { controllers = true }: ControlPlaneOptions): Cluster {
  const api = new Api(plane);
  const kubectl = (args: string[], options?: KubectlOptions) => runKubectl(plane, args, options);

  const writeKubeconfig: Cluster['writeKubeconfig'] = ({ token, server = plane.server, ca = plane.ca, namespace }) => {
    const cluster = { server, 'certificate-authority-data': Buffer.from(ca).toString('base64') };
    const path = join(plane.folder, `${randomBytes(6).toString('hex')}.kubeconfig`);
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'test', cluster }],
      users: [{ name: 'test', user: { token } }],
      contexts: [{ name: 'test', context: { cluster: 'test', user: 'test', ...(namespace && { namespace }) } }],
      'current-context': 'test',
    };
    writeFileSync(path, stringify(config), { mode: 0o600 });
    return path;
  };

  const serviceAccountToken: Cluster['serviceAccountToken'] = async (namespace, name) => {
    const accounts = `/api/v1/namespaces/${namespace}/serviceaccounts`;
    await existing(api.create(accounts, { metadata: { name } }));
    return tokenSchema.parse(await api.create(`${accounts}/${name}/token`, { spec: {} })).status.token;
  };

  return {
    ...plane,
    api,
    kubectl,
    apply: (yaml, namespace) =>
      kubectl(
        [
          ...['apply', '--server-side', '--force-conflicts', '--validate=strict', '--filename', '-'],
          ...(namespace === undefined ? [] : ['--namespace', namespace]),
        ],
        { stdin: yaml },
      ),
    async newNamespace({ name = `test-${randomBytes(5).toString('hex')}`, nodes, labels = {} } = {}) {
      const annotations =
        nodes === undefined ? {} : { 'scheduler.alpha.kubernetes.io/node-selector': `${NODES_LABEL}=${nodes}` };
      await api.create('/api/v1/namespaces', { metadata: { name, labels, annotations } });
      // Pods are rejected until the namespace has its default ServiceAccount.
      const account = `/api/v1/namespaces/${name}/serviceaccounts/default`;
      if (controllers)
        await eventually(
          () => api.read(account),
          () => true,
        );
      return name;
    },
    serviceAccountToken,
    async kubeconfigFor(namespace, name, options = {}) {
      return writeKubeconfig({ ...options, namespace, token: await serviceAccountToken(namespace, name) });
    },
    writeKubeconfig,
    async stop() {
      api.close();
      await plane.stop();
    },
  };
}

/** Waits for a creation. An object that already exists is not an error. */
async function existing(creation: Promise<unknown>): Promise<void> {
  try {
    await creation;
  } catch (error) {
    if (!(error instanceof ApiError && error.reason === 'AlreadyExists')) throw error;
  }
}

async function runKubectl(plane: ControlPlane, args: string[], options: KubectlOptions = {}): Promise<string> {
  const { stdin = '', kubeconfig = plane.kubeconfig } = options;
  const settings = ['--kubeconfig', kubeconfig, '--cache-dir', join(plane.folder, 'kubectl-cache')];
  const child = spawn(plane.program, ['kubectl', ...settings, ...args], { stdio: 'pipe' });
  const out: string[] = [];
  const err: string[] = [];
  child.stdout.setEncoding('utf8').on('data', (text: string) => out.push(text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => err.push(text));
  child.stdin.on('error', () => {}); // The program need not read its input.
  child.stdin.end(stdin);
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')} ended with ${code}: ${err.join('')}`);
  return out.join('');
}

/** Installs the CRDs of the chart, and waits until they serve. */
async function installCrds(cluster: Cluster): Promise<void> {
  const files = existsSync(CRDS) ? readdirSync(CRDS).filter((file) => file.endsWith('.yaml')) : [];
  if (files.length === 0) return;
  const named = files.flatMap((file) => ['--filename', join(CRDS, file)]);
  await cluster.kubectl(['apply', '--server-side', '--validate=strict', ...named]);
  await cluster.kubectl(['wait', '--for=condition=Established', '--timeout=60s', ...named]);
}
