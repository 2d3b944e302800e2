import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { CHART, helm, type Rendered, render, VALUE_FILES } from '../k8s/chart-render.ts';
import { PROJECT } from '../support/gateway.ts';
import { type Cluster, startCluster } from './support/cluster.ts';
import { CLUSTER_TIMEOUT_MS } from './support/control-plane.ts';
import { sharedCluster } from './support/shared.ts';

/** Kinds whose CustomResourceDefinitions this control plane does not have. */
const OF_OTHERS = ['ServiceMonitor', 'HTTPRoute'];

describe('the chart in a cluster', function () {
  this.timeout(120_000);
  let cluster: Cluster;
  let home: string;

  before(async function () {
    this.timeout(CLUSTER_TIMEOUT_MS);
    cluster = await sharedCluster();
    home = mkdtempSync(join(tmpdir(), 'mcpgw-helm-'));
  });
  after(() => {
    if (home !== undefined) rmSync(home, { recursive: true, force: true });
  });

  const namespaces = async () => {
    const [gateway, backends] = [await cluster.newNamespace(), await cluster.newNamespace()];
    return { gateway, backends, set: [`backendsNamespace.name=${backends}`, 'backendsNamespace.create=false'] };
  };

  for (const [name, file] of Object.entries(VALUE_FILES)) {
    it(`is accepted by the API server: ${name}`, async () => {
      const { gateway, set } = await namespaces();
      // All tests share the node ports.
      const own = name === 'everything' ? ['service.nodePort=null'] : [];
      const objects = await render(file, { namespace: gateway, set: [...set, ...own] });
      const taken = objects.filter(({ kind }) => !OF_OTHERS.includes(kind));
      const output = await cluster.apply(documents(taken));
      expect(output.trim().split('\n')).to.have.lengthOf(taken.length);
      expect(output).to.match(/deployment\.apps\/\S+ serverside-applied/);
    });
  }

  it('makes pods that meet the restricted Pod Security Standard', async () => {
    const { gateway, backends, set } = await namespaces();
    for (const namespace of [gateway, backends]) {
      const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
      await cluster.api.patch(`/api/v1/namespaces/${namespace}`, { metadata: { labels } });
    }
    const tryOut = ['redis.tryOut.enabled=true', 'gateway.replicas=1', 'operator.replicas=1'];
    const objects = await render(VALUE_FILES.minimal ?? '', { namespace: gateway, set: [...set, ...tryOut] });
    await cluster.apply(documents(objects));
    const pods = await eventually(
      () => cluster.api.list(`/api/v1/namespaces/${gateway}/pods`),
      (found) => found.length === 3,
    );
    expect(pods.map(({ metadata }) => metadata.labels['app.kubernetes.io/component']).sort()).to.deep.equal([
      'gateway',
      'operator',
      'redis',
    ]);
  });

  it('is accepted by the API server as plain manifests too', async () => {
    // A separate control plane: other tests may use the fixed namespaces of the manifests.
    const own = await startCluster({ controllers: false, fakeNodes: 0 });
    try {
      const folder = join(PROJECT, 'k8s', 'manifests');
      const apply = ['apply', '--server-side', '--validate=strict', '--kustomize', folder];
      const output = await own.kubectl(apply);
      expect(output).to.contain('deployment.apps/mcp-gateway-operator serverside-applied');
      expect(await own.kubectl([...apply, '--output', 'name'])).to.contain('namespace/mcp\n');
    } finally {
      await own.stop();
    }
  });

  describe('with helm upgrade', () => {
    const tenantsSchema = z.looseObject({ data: z.object({ 'tenants.yaml': z.string() }) });

    it('keeps quotas that were edited live, until the tenants in the values change', async () => {
      const { gateway, set } = await namespaces();
      const values = join(home, 'values.yaml');
      const write = (requests: number, replicas: number) =>
        writeFileSync(
          values,
          stringify({
            publicUrl: 'https://mcp.example.com',
            issuer: { url: 'https://idp.example.com' },
            tenants: [{ name: 'engineering', match: [{ group: 'eng' }], quota: { requests, per: 'hour' } }],
            gateway: { replicas },
          }),
        );
      const run = async (...verb: string[]) => {
        const args = [...verb, 'mcp-gateway', CHART, '--namespace', gateway, '--values', values, '--skip-crds'];
        return helm([...args, ...set.flatMap((pair) => ['--set', pair])], { kubeconfig: cluster.kubeconfig, home });
      };
      const tenants = `/api/v1/namespaces/${gateway}/configmaps/mcp-gateway-tenants`;
      const requests = async () => {
        const { data } = tenantsSchema.parse(await cluster.api.get(tenants));
        return parse(data['tenants.yaml']).tenants[0].quota.requests;
      };
      const replicas = async () =>
        z
          .object({ spec: z.object({ replicas: z.number() }) })
          .parse(await cluster.api.get(`/apis/apps/v1/namespaces/${gateway}/deployments/mcp-gateway`)).spec.replicas;

      write(1000, 1);
      const installed = await run('install');
      expect(installed.ok, installed.stderr).to.equal(true);
      expect(installed.stdout).to.contain('https://mcp.example.com/<backend>/mcp');
      expect(await requests()).to.equal(1000);

      const text = tenantsSchema.parse(await cluster.api.get(tenants)).data['tenants.yaml'];
      await cluster.api.patch(tenants, { data: { 'tenants.yaml': text.replace('1000', '2500') } });
      write(1000, 2);
      const upgraded = await run('upgrade');
      expect(upgraded.ok, upgraded.stderr).to.equal(true);
      expect([await requests(), await replicas()]).to.deep.equal([2500, 2]);

      write(4000, 2);
      const changed = await run('upgrade', '--force-conflicts');
      expect(changed.ok, changed.stderr).to.equal(true);
      expect(await requests()).to.equal(4000);
    });

    it('treats a live tenants document as text, whatever line breaks it contains', async () => {
      const { gateway, set } = await namespaces();
      const args = ['mcp-gateway', CHART, '--namespace', gateway, '--values', VALUE_FILES.minimal ?? '', '--skip-crds'];
      const run = (verb: string) =>
        helm([verb, ...args, ...set.flatMap((pair) => ['--set', pair])], { kubeconfig: cluster.kubeconfig, home });
      expect((await run('install')).ok).to.equal(true);
      const tenants = `/api/v1/namespaces/${gateway}/configmaps/mcp-gateway-tenants`;
      for (const lineBreak of ['\r', '\u2028', '\t\r\n']) {
        const text = `  # first\n${lineBreak}kind: Secret${lineBreak}stringData: {a: b}${lineBreak}#\n`;
        await cluster.api.patch(tenants, { data: { 'tenants.yaml': text } });
        const upgraded = await run('upgrade');
        expect(upgraded.ok, upgraded.stderr).to.equal(true);
        expect(tenantsSchema.parse(await cluster.api.get(tenants)).data['tenants.yaml']).to.equal(text);
        const secrets = await cluster.api.list(`/api/v1/namespaces/${gateway}/secrets`);
        expect(secrets.map(({ metadata }) => metadata.name)).not.to.contain('mcp-gateway-tenants');
      }
    });

    it('does not touch a namespace that existed before, and keeps one that it created', async () => {
      const gateway = await cluster.newNamespace();
      const file = VALUE_FILES.minimal ?? '';
      const [before, made] = [await cluster.newNamespace(), `${gateway}-made`];
      const phase = async (namespace: string) =>
        z
          .object({ status: z.object({ phase: z.string() }) })
          .parse(await cluster.api.get(`/api/v1/namespaces/${namespace}`)).status.phase;
      for (const namespace of [before, made]) {
        const options = { kubeconfig: cluster.kubeconfig, home };
        const where = ['--namespace', gateway, '--set', `backendsNamespace.name=${namespace}`];
        for (const verb of ['install', 'upgrade']) {
          const result = await helm([verb, 'mcp-gateway', CHART, ...where, '--values', file, '--skip-crds'], options);
          expect(result.ok, `${verb} ${namespace}: ${result.stderr}`).to.equal(true);
        }
        const removed = await helm(['uninstall', 'mcp-gateway', '--namespace', gateway], options);
        expect(removed.ok, removed.stderr).to.equal(true);
        expect(await phase(namespace)).to.equal('Active');
      }
    });
  });
});

function documents(objects: readonly Rendered[]): string {
  return objects.map((object) => stringify(object, { version: '1.1' })).join('---\n');
}
