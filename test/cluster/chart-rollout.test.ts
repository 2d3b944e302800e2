import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { stringify } from 'yaml';
import { z } from 'zod';
import { freePort } from '../../runtime/processes/ports.ts';
import { machineSeconds, startIssuer } from '../ext-authz/local-issuer.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { CHART, helm } from '../k8s/chart-render.ts';
import { type Balancer, startBalancer } from './chart-balancer.ts';
import { chartImages } from './chart-images.ts';
import type { ApiObject } from './support/api.ts';
import type { Cluster } from './support/cluster.ts';
import { CLUSTER_TIMEOUT_MS } from './support/control-plane.ts';
import { type Kubelet, startKubelet } from './support/kubelet.ts';
import { type Load, startLoad } from './support/sdk-load.ts';
import { sharedCluster } from './support/shared.ts';

const READY_LIMIT_MS = 90_000;

const podSchema = z.looseObject({
  status: z.looseObject({
    conditions: z.array(z.looseObject({ type: z.string(), status: z.string() })).default([]),
  }),
});

describe('an installed chart', function () {
  this.timeout(300_000);
  let cluster: Cluster;
  let kubelet: Kubelet;
  let issuer: Awaited<ReturnType<typeof startIssuer>>;
  let balancer: Balancer;
  let operatorPort: number;
  let folder: string;
  let gateway: string;
  let backends: string;
  let load: Load | undefined;

  before(async function () {
    this.timeout(CLUSTER_TIMEOUT_MS);
    cluster = await sharedCluster();
    folder = mkdtempSync(join(tmpdir(), 'mcpgw-install-'));
    operatorPort = await freePort('127.0.0.1');
    issuer = await startIssuer({ nowSeconds: machineSeconds });
    kubelet = await startKubelet({ cluster, images: await chartImages() });
    gateway = await cluster.newNamespace({ nodes: kubelet.nodes });
    backends = await cluster.newNamespace({ nodes: kubelet.nodes });
    balancer = await startBalancer(cluster.api, gateway, 'mcp-gateway');
  });
  after(async () => {
    await load?.stop();
    await balancer?.stop();
    await kubelet?.stop();
    await issuer?.close();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });

  const values = () => ({
    publicUrl: balancer.url,
    issuer: { url: issuer.url },
    tenants: [{ name: 'engineering', match: [{ claim: 'tenant', value: 'engineering' }] }],
    backendsNamespace: { name: backends, create: false },
    backends: { feature: { image: 'test/feature', replicas: 2, healthCheck: { type: 'tcp' } } },
    gateway: { replicas: 1, shutdown: { settleSeconds: 1, drainSeconds: 5 } },
    operator: { replicas: 1 },
    envoy: { concurrency: 1 },
    // The operator listens on all addresses of this machine.
    metrics: { operatorPort },
  });
  const run = async (verb: 'install' | 'upgrade', document: object) => {
    const file = join(folder, 'values.yaml');
    writeFileSync(file, stringify(document));
    const args = [verb, 'mcp-gateway', CHART, '--namespace', gateway, '--values', file, '--skip-crds'];
    const result = await helm(args, { kubeconfig: cluster.kubeconfig, home: folder });
    expect(result.ok, result.stderr).to.equal(true);
  };
  const token = () => issuer.sign({ aud: balancer.url, tenant: 'engineering' });
  const pods = async (component: string): Promise<ApiObject[]> => {
    const selector = `labelSelector=app.kubernetes.io/component%3D${component}`;
    return cluster.api.list(`/api/v1/namespaces/${gateway}/pods?${selector}`);
  };
  afterEach(async function () {
    if (this.currentTest?.state !== 'failed') return;
    for (const { metadata, spec } of await cluster.api.list(`/api/v1/namespaces/${gateway}/pods`)) {
      const containers = z.object({ name: z.string() }).array();
      const { initContainers, containers: main } = z
        .object({ initContainers: containers.default([]), containers })
        .parse(spec);
      for (const { name } of [...initContainers, ...main]) {
        console.log(
          [`${metadata.name} ${name}:`, ...kubelet.container(gateway, metadata.name, name).lines.slice(-8)].join(
            '\n  ',
          ),
        );
      }
    }
  });
  const isReady = (pod: ApiObject) =>
    podSchema.parse(pod).status.conditions.some(({ type, status }) => type === 'Ready' && status === 'True');

  it('becomes ready on its own, creates its session keys, and serves its backends', async () => {
    await run('install', values());
    await eventually(
      () => pods('operator'),
      (found) => found.length === 1 && found.every(isReady),
      READY_LIMIT_MS,
    );
    const keys = () => cluster.api.read(`/api/v1/namespaces/${gateway}/secrets/mcp-gateway-session-keys`);
    await eventually(keys, () => true, READY_LIMIT_MS);
    await eventually(
      () => pods('gateway'),
      (found) => found.length === 1 && found.every(isReady),
      READY_LIMIT_MS,
    );
    const url = `${balancer.url}/feature/mcp`;
    await eventually(
      async () => (await fetch(url, { method: 'POST', body: '{}' })).status,
      (status) => status === 401,
    );
    const ready = async () => {
      const backend = await cluster.api.get(`/apis/mcpgateway.dev/v1alpha1/namespaces/${backends}/mcpbackends/feature`);
      return JSON.stringify(backend);
    };
    await eventually(ready, (text) => text.includes('"reason":"ReplicasReady"'), READY_LIMIT_MS);
    load = await startLoad(url, token, 4);
    await load.rounds(5);
    expect(load.sessions.flatMap(({ failures }) => failures)).to.deep.equal([]);
  });

  it('rolls out the gateway while sessions are in use, without a failed request', async () => {
    if (load === undefined) throw new Error('nothing was installed');
    const [before] = await pods('gateway');
    const document = values();
    await run('upgrade', { ...document, gateway: { ...document.gateway, podAnnotations: { 'example.com/new': '1' } } });
    const others = async () => (await pods('gateway')).filter(({ metadata }) => metadata.uid !== before?.metadata.uid);
    await eventually(others, (found) => found.length === 1 && found.every(isReady), READY_LIMIT_MS);
    await eventually(
      () => pods('gateway'),
      (found) => found.length === 1,
      READY_LIMIT_MS,
    );
    await load.rounds(5);
    expect(load.sessions.flatMap(({ failures }) => failures)).to.deep.equal([]);
    expect(load.sessions.filter(({ lost }) => lost)).to.deep.equal([]);
  });
});
