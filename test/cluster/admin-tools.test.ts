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
import { SDK1, SDK2_PINNED } from '../support/clients.ts';
import { type Balancer, startBalancer } from './chart-balancer.ts';
import { chartImages } from './chart-images.ts';
import type { Cluster } from './support/cluster.ts';
import { CLUSTER_TIMEOUT_MS } from './support/control-plane.ts';
import { type Kubelet, startKubelet } from './support/kubelet.ts';
import { sharedCluster } from './support/shared.ts';

const LIMIT_MS = 90_000;

const secretSchema = z.object({ metadata: z.object({ uid: z.string() }), data: z.record(z.string(), z.string()) });
const podsSchema = z.array(z.object({ metadata: z.object({ name: z.string() }) }));

describe('the admin tools in a cluster', function () {
  this.timeout(300_000);
  let cluster: Cluster;
  let kubelet: Kubelet;
  let issuer: Awaited<ReturnType<typeof startIssuer>>;
  let balancer: Balancer;
  let admin: Balancer;
  let operatorPort: number;
  let folder: string;
  let gateway: string;
  let backends: string;

  before(async function () {
    this.timeout(CLUSTER_TIMEOUT_MS);
    cluster = await sharedCluster();
    folder = mkdtempSync(join(tmpdir(), 'mcpgw-admin-tools-'));
    operatorPort = await freePort('127.0.0.1');
    issuer = await startIssuer({ nowSeconds: machineSeconds });
    const images = await chartImages((service) => (service === 'mcp-gateway-admin' ? admin.url : undefined));
    kubelet = await startKubelet({ cluster, images });
    gateway = await cluster.newNamespace({ nodes: kubelet.nodes });
    backends = await cluster.newNamespace({ nodes: kubelet.nodes });
    balancer = await startBalancer(cluster.api, gateway, 'mcp-gateway');
    admin = await startBalancer(cluster.api, gateway, 'mcp-gateway-admin');
  });
  after(async () => {
    await balancer?.stop();
    await admin?.stop();
    await kubelet?.stop();
    await issuer?.close();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });

  const run = async (verb: 'install' | 'upgrade', more: object) => {
    const file = join(folder, 'values.yaml');
    const document = {
      publicUrl: balancer.url,
      issuer: { url: issuer.url },
      tenants: ['platform', 'engineering'].map((name) => ({
        ...{ name, match: [{ claim: 'tenant', value: name }], roles: ['mcp.admin'] },
      })),
      backendsNamespace: { name: backends, create: false },
      gateway: { replicas: 1, shutdown: { settleSeconds: 1, drainSeconds: 1 } },
      operator: { replicas: 1 },
      envoy: { concurrency: 1 },
      metrics: { operatorPort },
      ...more,
    };
    writeFileSync(file, stringify(document));
    const args = [verb, 'mcp-gateway', CHART, '--namespace', gateway, '--values', file, '--skip-crds'];
    const result = await helm(args, { kubeconfig: cluster.kubeconfig, home: folder });
    expect(result.ok, result.stderr).to.equal(true);
  };
  const on = { admin: { enabled: true, tenants: ['platform'] } };
  const url = () => `${balancer.url}/gateway/mcp`;
  const token = (tenant: string, roles: string[]) => issuer.sign({ aud: balancer.url, sub: 'ann', tenant, roles });
  const statusFor = async (bearer: string) => {
    const headers = { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' };
    const accept = { accept: 'application/json, text/event-stream' };
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
    return (await fetch(url(), { method: 'POST', headers: { ...headers, ...accept }, body })).status;
  };
  const secret = async () =>
    secretSchema.parse(await cluster.api.read(`/api/v1/namespaces/${gateway}/secrets/mcp-gateway-own-tools`));
  const pods = async (component: string) => {
    const selector = `labelSelector=app.kubernetes.io/component%3D${component}`;
    return podsSchema.parse(await cluster.api.list(`/api/v1/namespaces/${gateway}/pods?${selector}`));
  };

  afterEach(async function () {
    if (this.currentTest?.state !== 'failed') return;
    for (const [component, name] of Object.entries({ gateway: 'watcher', admin: 'admin', operator: 'operator' })) {
      for (const { metadata } of await pods(component)) {
        const { lines } = kubelet.container(gateway, metadata.name, name);
        console.log([`${metadata.name} ${name}:`, ...lines.slice(-8)].join('\n  '));
      }
    }
  });

  it('let an administrator change the cluster through the gateway, with the permissions of their pod', async () => {
    await run('install', on);
    const bearer = await token('platform', ['mcp.admin']);
    await eventually(
      () => statusFor(bearer),
      (status) => status === 200,
      LIMIT_MS,
    );
    for (const [index, kind] of [SDK1, SDK2_PINNED].entries()) {
      const connection = await kind.connect({ url: url(), token: bearer });
      const name = `wiki-${index}`;
      const { isError, content } = await connection.call('register_backend', { name, url: 'http://192.0.2.1/mcp' });
      expect(isError, content[0]?.text).to.not.equal(true);
      const listed = await connection.call('list_backends');
      expect(listed.structuredContent).to.have.nested.property(`backends[${index}].name`, name);
      await connection.client.close();
      const path = `/apis/mcpgateway.dev/v1alpha1/namespaces/${backends}/mcpbackends/${name}`;
      expect(await cluster.api.get(path)).to.have.nested.property('spec.url', 'http://192.0.2.1/mcp');
    }
    const [pod] = await pods('admin');
    const { lines } = kubelet.container(gateway, pod?.metadata.name ?? '', 'admin');
    const changes = lines.filter((line) => line.includes('changed by an administrator'));
    expect(changes).to.have.lengthOf(2);
    expect(JSON.parse(changes[0] ?? '')).to.include({ tool: 'register_backend', subject: 'ann', tenant: 'platform' });
  });

  it('deny callers without the role, the tenant or the secret', async () => {
    expect(await statusFor(await token('platform', []))).to.equal(404);
    expect(await statusFor(await token('engineering', ['mcp.admin']))).to.equal(404);
    const headers = { 'x-mcp-subject': 'ann', 'x-mcp-issuer': 'me', 'x-mcp-tenant': 'platform' };
    const direct = await fetch(`${admin.url}/mcp`, {
      method: 'POST',
      headers: { ...headers, 'x-mcp-roles': 'mcp.admin' },
    });
    expect(direct.status).to.equal(401);
  });

  it('keep their secret through an upgrade, and disappear when they are switched off', async () => {
    const before = await secret();
    expect(
      Buffer.from(before.data.secret ?? '', 'base64')
        .toString()
        .trim(),
    ).to.match(/^[A-Za-z0-9+/]{43}=$/);
    await run('upgrade', { ...on, operator: { replicas: 1, podAnnotations: { 'example.com/new': '1' } } });
    expect(await secret()).to.deep.equal(before);
    await run('upgrade', {});
    const bearer = await token('platform', ['mcp.admin']);
    await eventually(
      () => statusFor(bearer),
      (status) => status === 404,
      LIMIT_MS,
    );
    await eventually(
      () => pods('admin'),
      (found) => found.length === 0,
      LIMIT_MS,
    );
    expect(await secret()).to.deep.equal(before);
  });
});
