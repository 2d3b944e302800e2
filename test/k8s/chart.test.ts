import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { checkDocument } from '../../local/documents.ts';
import { findHelm } from '../../scripts/go-tools/find.ts';
import { drift, generateManifests, generateReference } from '../../scripts/render-manifests.ts';
import { PROJECT } from '../support/gateway.ts';
import { CHART, helm, only, podOf, type Rendered, render, VALUE_FILES } from './chart-render.ts';

const BUILD_TIMEOUT_MS = 15 * 60_000;
const FIXTURES = join(PROJECT, 'test', 'fixtures', 'tls');

describe('the chart', function () {
  this.timeout(60_000);
  const objects = new Map<string, Rendered[]>();
  let folder: string;

  before(async function () {
    this.timeout(BUILD_TIMEOUT_MS);
    folder = mkdtempSync(join(tmpdir(), 'mcpgw-chart-'));
    for (const [name, file] of Object.entries(VALUE_FILES)) objects.set(name, await render(file));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('passes helm lint with every value file, and without one', async () => {
    for (const file of [undefined, ...Object.values(VALUE_FILES)]) {
      const { ok, stdout, stderr } = await helm([
        'lint',
        CHART,
        ...(file === undefined ? [] : ['--strict', '--values', file]),
      ]);
      expect(ok, `${file}: ${stdout}${stderr}`).to.equal(true);
    }
  });

  it('matches the generated schema, values page and plain manifests', async () => {
    const manifests = await generateManifests(await findHelm(() => {}));
    expect(drift(new Map([...generateReference(), ...manifests]))).to.deep.equal([]);
    expect(Object.keys(parse(manifests.get('k8s/manifests/kustomization.yaml') ?? ''))).to.include('resources');
  });

  it('has a description for every value', () => {
    const page = readFileSync(join(PROJECT, 'docs', 'deploy', 'values.md'), 'utf8');
    expect(page.match(/^\| `[^`]+` \|.*\| {2}\|$/gm) ?? []).to.deep.equal([]);
    expect(page.split('\n').length).to.be.greaterThan(100);
  });

  describe('rejects', () => {
    const problem = async (...set: string[]) => {
      const file = VALUE_FILES.minimal ?? '';
      const args = ['template', 'mcp-gateway', CHART, '--namespace', 'mcp-gateway', '--values', file];
      const { ok, stderr } = await helm([...args, ...set.flatMap((pair) => ['--set', pair])]);
      return ok ? 'accepted' : stderr;
    };

    it('unknown keys at any level', async () => {
      expect(await problem('tenant=1')).to.contain("additional properties 'tenant' not allowed");
      expect(await problem('gateway.replica=2')).to.contain(
        "at '/gateway': additional properties 'replica' not allowed",
      );
      expect(await problem('issuer.uri=x')).to.contain("at '/issuer': additional properties 'uri' not allowed");
      expect(await problem('backends.git.image=a', 'backends.git.replcas=3')).to.contain(
        "at '/backends/git': additional properties 'replcas' not allowed",
      );
      expect(await problem('tenants[0].name=a', 'tenants[0].matches=1')).to.contain("'matches' not allowed");
    });

    it('wrong values, with their path and what is expected', async () => {
      expect(await problem('gateway.replicas=two')).to.contain("at '/gateway/replicas': got string, want integer");
      expect(await problem('tenants[0].quota.per=week')).to.contain("must be one of 'second', 'minute', 'hour', 'day'");
      expect(await problem('sessions.lifetime=soon')).to.contain("at '/sessions/lifetime'");
      expect(await problem('redis.url=redis://user:password@redis')).to.contain("at '/redis/url'");
      expect(await problem('backends.Git.image=a')).to.contain("'Git'");
      expect(await problem('listen.port=80')).to.contain("at '/listen/port': minimum: got 80, want 1,024");
    });

    it('values that cannot be combined', async () => {
      expect(await problem('publicUrl=')).to.contain('publicUrl is required');
      expect(await problem('issuer=null')).to.contain('issuer.url is required');
      expect(await problem('tenants=null')).to.contain('tenants is required');
      expect(await problem('issuers[0].url=https://b.example.com')).to.contain('issuer and issuers cannot be combined');
      expect(await problem('redis.url=redis://a', 'redis.tryOut.enabled=true')).to.contain(
        'redis.url and redis.tryOut.enabled cannot be combined',
      );
      expect(await problem('redis.existingSecret=a')).to.contain('redis.existingSecret requires redis.url');
      expect(await problem('operator.enabled=false')).to.contain('sessionKeys.existingSecret is required');
      expect(await problem('admin.enabled=true')).to.contain('admin.tenants is required');
      expect(
        await problem(
          ...['admin.enabled=true', 'admin.tenants[0]=a', 'operator.enabled=false', 'sessionKeys.existingSecret=b'],
        ),
      ).to.contain('admin.existingSecret is required');
      expect(await problem('gateway.shutdown.settleSeconds=31')).to.contain('settleSeconds must not be greater than');
      expect(await problem('httpRoute.enabled=true')).to.contain('httpRoute.parentRefs is required');
      expect(await problem('backendsNamespace.name=mcp-gateway')).to.contain(
        'must not be the namespace of the release',
      );
      expect(await problem('backends.admin.image=a')).to.contain('backends.admin: the name is reserved');
    });
  });

  it('renders a gateway.yaml and tenants that the gateway accepts', async () => {
    for (const [name, rendered] of objects) {
      const fullname = name === 'everything' ? 'edge' : 'mcp-gateway';
      const text = only(rendered, 'ConfigMap', fullname).data?.['gateway.yaml'] ?? '';
      const file = join(folder, `${name}.yaml`);
      writeFileSync(
        file,
        text
          .replace('/etc/mcp-gateway/tls/tls.crt', join(FIXTURES, 'server.pem'))
          .replace('/etc/mcp-gateway/tls/tls.key', join(FIXTURES, 'server-key.pem')),
      );
      expect((await checkDocument(file)).problems, name).to.deep.equal([]);
      const tenants = rendered.find(({ data }) => data?.['tenants.yaml'] !== undefined)?.data?.['tenants.yaml'];
      expect(tenants === undefined, name).to.equal(name === 'existing-secrets');
      writeFileSync(file, tenants ?? stringify({ tenants: [{ name: 'a', match: [{ group: 'b' }] }] }));
      expect((await checkDocument(file)).problems, name).to.deep.equal([]);
    }
  });

  it('mounts a token only for the watcher, the operator and the admin tools', () => {
    for (const [name, rendered] of objects) {
      for (const object of rendered.filter(({ kind }) => kind === 'Deployment')) {
        const pod = podOf(object);
        expect(pod.automountServiceAccountToken, name).to.equal(false);
        const holders = [...pod.initContainers, ...pod.containers]
          .filter(({ volumeMounts }) => volumeMounts.some((mount) => mount.name === 'api-token'))
          .map((container) => container.name);
        const wanted: Record<string, string[]> = {
          ...{ 'mcp-gateway': ['watcher'], edge: ['watcher'], 'edge-admin': ['admin'] },
          ...{ 'mcp-gateway-operator': ['operator'], 'edge-operator': ['operator'] },
        };
        expect(holders, object.metadata.name).to.deep.equal(wanted[object.metadata.name] ?? []);
      }
      for (const account of rendered.filter(({ kind }) => kind === 'ServiceAccount')) {
        expect(account.automountServiceAccountToken, name).to.equal(false);
      }
    }
  });

  it('grants exactly the documented permissions', () => {
    const page = (name: string) => readFileSync(join(PROJECT, 'docs', 'kubernetes', `${name}.md`), 'utf8');
    const permissions = (text: string) => text.slice(text.indexOf('## Permissions'));
    const rulesOf = (name: string) =>
      (objects.get('minimal') ?? [])
        .filter(({ kind, metadata }) => kind === 'Role' && metadata.name === name)
        .flatMap(({ rules }) => z.array(z.looseObject({})).parse(rules));
    const sorted = (rules: unknown[]) => rules.map((rule) => JSON.stringify(rule, keysOf(rule))).sort();
    const keysOf = (rule: unknown) => Object.keys(z.looseObject({}).parse(rule)).sort();

    const [block = ''] = /(?<=```yaml\n)[\s\S]*?(?=```)/.exec(permissions(page('watcher'))) ?? [];
    const watcher = block.split('---\n').flatMap((text) => parse(text).rules ?? []);
    expect(watcher).to.have.lengthOf(5);
    expect(sorted([...rulesOf('mcp-gateway-watcher'), ...rulesOf('mcp-gateway-tenants')])).to.deep.equal(
      sorted(watcher),
    );

    const operator = [...permissions(page('operator')).matchAll(/^ {4}- (\{.*\})$/gm)].map(([, rule = '']) =>
      parse(rule),
    );
    expect(operator.length).to.be.greaterThan(10);
    expect(sorted(rulesOf('mcp-gateway-operator'))).to.deep.equal(sorted(operator));
  });

  it('gives the admin tools the documented permissions, and their Secret only to them and the watcher', async () => {
    const set = ['admin.enabled=true', 'admin.tenants[0]=engineering'];
    const rendered = await render(VALUE_FILES.minimal ?? '', { set });
    const rulesIn = (namespace: string) =>
      rendered
        .filter(({ kind, metadata }) => kind === 'Role' && metadata.name === 'mcp-gateway-admin')
        .filter(({ metadata }) => metadata.namespace === namespace)
        .flatMap(({ rules }) => z.array(z.looseObject({})).parse(rules));
    const page = readFileSync(join(PROJECT, 'docs', 'operating.md'), 'utf8');
    const block = /(?<=## Permissions in a cluster[\s\S]*?```yaml\n)[\s\S]*?(?=```)/.exec(page)?.[0] ?? '';
    const roles = block.split('---\n').map((text) => parse(text));
    expect(roles.map(({ metadata }) => metadata.namespace)).to.deep.equal(['mcp', 'mcp-gateway']);
    for (const { metadata, rules } of roles) expect(rulesIn(metadata.namespace)).to.deep.equal(rules);

    const holders = rendered
      .filter(({ kind }) => kind === 'Deployment')
      .flatMap((object) => [...podOf(object).initContainers, ...podOf(object).containers])
      .filter(({ volumeMounts }) => volumeMounts.some(({ name }) => name === 'admin-tools'));
    expect(holders.map(({ name }) => name)).to.have.members(['watcher', 'admin']);
    const without = JSON.stringify(await render(VALUE_FILES.minimal ?? ''));
    expect(without).to.not.include('own-tools').and.not.include('admin-tools').and.not.include('mcp-gateway-admin');
  });

  it('has no ClusterRole', () => {
    const kinds = [...objects.values()].flat().map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind.startsWith('Cluster'))).to.deep.equal([]);
  });

  it('restarts pods only for values that are read at startup', async () => {
    const template = async (...set: string[]) => {
      const rendered = await render(VALUE_FILES.minimal ?? '', { set });
      return JSON.stringify(only(rendered, 'Deployment', 'mcp-gateway').spec?.template);
    };
    const before = await template();
    for (const live of [
      'issuer.url=https://other.example.com',
      'tenants[0].quota.requests=5,tenants[0].quota.per=hour',
      'allowedHosts[0]=a',
      'quotas.deadline=1s',
      'redis.url=redis://redis',
      'backends.git.url=https://git.example.com/mcp',
    ]) {
      expect(await template(live), live).to.equal(before);
    }
    for (const start of [
      'listen.port=8081',
      'listen.trustedProxies[0]=10.0.0.0/8',
      'tls.secretName=a',
      'backendsNamespace.name=b',
      'tenantsConfigMap.name=c',
    ]) {
      expect(await template(start), start).not.to.equal(before);
    }
    const admin = ['admin.enabled=true', 'admin.tenants[0]=a'];
    expect(await template(...admin)).not.to.equal(before);
    expect(await template(...admin)).to.equal(await template(...admin, 'admin.tenants[1]=b'));
  });

  it('stops Envoy after the requests in progress, and the services after Envoy', () => {
    const pod = podOf(only(objects.get('everything') ?? [], 'Deployment', 'edge'));
    // The kubelet stops the containers first, then the sidecars in reverse order.
    expect(pod.containers.map(({ name }) => name)).to.deep.equal(['pod']);
    const sidecars = ['watcher', 'ext-proc-0', 'ext-proc-1', 'ext-authz-0', 'ext-authz-1', 'envoy'];
    expect(pod.initContainers.map(({ name }) => name)).to.deep.equal(['bootstrap', ...sidecars]);
    expect(
      pod.initContainers.filter(({ restartPolicy }) => restartPolicy === 'Always').map(({ name }) => name),
    ).to.deep.equal(sidecars);
    expect(pod).to.have.property('terminationGracePeriodSeconds', 150);
    expect(pod.containers[0]?.args).to.include.members(['--settle=20s', '--drain=120s']);
  });
});
