import { expect } from 'chai';
import { stringify } from 'yaml';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { render, VALUE_FILES } from '../k8s/chart-render.ts';
import { Api, ApiError } from './support/api.ts';
import type { Cluster } from './support/cluster.ts';
import { CLUSTER_TIMEOUT_MS } from './support/control-plane.ts';
import { sharedCluster } from './support/shared.ts';

/** A request: method and path. `G` and `B` stand for the namespaces of the gateway and of the backends. */
type Call = [method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string];

const core = (namespace: 'G' | 'B', path: string) => `/api/v1/namespaces/${namespace}/${path}`;
const of = (group: string, namespace: 'G' | 'B', path: string) => `/apis/${group}/namespaces/${namespace}/${path}`;
const BACKENDS = of('mcpgateway.dev/v1alpha1', 'B', 'mcpbackends');
const SETS = of('apps/v1', 'B', 'statefulsets');
const BUDGETS = of('policy/v1', 'B', 'poddisruptionbudgets');
const LEASES = of('coordination.k8s.io/v1', 'G', 'leases');
const TENANTS = core('G', 'configmaps/mcp-gateway-tenants');
const TENANTS_LIST = core('G', 'configmaps?fieldSelector=metadata.name%3Dmcp-gateway-tenants');

/** Requests that no role allows. */
const NOBODY: Call[] = [
  ['GET', core('G', 'secrets')],
  ['GET', core('B', 'secrets')],
  ['GET', core('G', 'secrets/other')],
  ['GET', core('G', 'configmaps')],
  ['GET', core('G', 'configmaps/mcp-gateway')],
  ['PATCH', TENANTS],
  ['DELETE', core('B', 'pods/a')],
  ['POST', core('B', 'pods')],
  ['POST', core('B', 'pods/a/exec')],
  ['PUT', `${BACKENDS}/a`],
  ['DELETE', `${BACKENDS}/a`],
  ['POST', core('B', 'serviceaccounts/default/token')],
  ['POST', of('rbac.authorization.k8s.io/v1', 'B', 'rolebindings')],
  ['GET', '/api/v1/namespaces'],
  ['GET', '/api/v1/nodes'],
  ['GET', '/api/v1/pods'],
  ['GET', '/apis/mcpgateway.dev/v1alpha1/mcpbackends'],
];

const WATCHER: { may: Call[]; mayNot: Call[] } = {
  may: [
    ['GET', BACKENDS],
    ['GET', `${BACKENDS}?watch=true&timeoutSeconds=1`],
    ['GET', of('discovery.k8s.io/v1', 'B', 'endpointslices')],
    ['GET', core('B', 'services')],
    ['GET', core('B', 'pods')],
    ['GET', core('B', 'secrets/a')],
    ['GET', TENANTS],
    ['GET', TENANTS_LIST],
  ],
  mayNot: [
    ['PATCH', `${BACKENDS}/a/status`],
    ['PATCH', `${BACKENDS}/a`],
    ['POST', core('B', 'secrets')],
    ['PATCH', core('B', 'secrets/a')],
    ['GET', core('G', 'secrets/mcp-gateway-session-keys')],
    ['GET', core('G', 'secrets/mcp-gateway-own-tools')],
    ['POST', core('B', 'services')],
    ['GET', SETS],
    ['POST', core('B', 'events')],
    ['GET', `${LEASES}/mcp-gateway-operator`],
    ['GET', core('G', 'pods')],
  ],
};

const OPERATOR: { may: Call[]; mayNot: Call[] } = {
  may: [
    ['GET', BACKENDS],
    ['PATCH', `${BACKENDS}/a/status`],
    ...[SETS, core('B', 'services'), BUDGETS].flatMap((list): Call[] => [
      ['GET', list],
      ['POST', list],
      ['PATCH', `${list}/a`],
      ['DELETE', `${list}/a`],
    ]),
    ['GET', core('B', 'pods')],
    ['GET', core('B', 'events')],
    ['GET', of('discovery.k8s.io/v1', 'B', 'endpointslices')],
    ['POST', of('events.k8s.io/v1', 'B', 'events')],
    ['POST', of('events.k8s.io/v1', 'G', 'events')],
    ['POST', LEASES],
    ['GET', `${LEASES}/mcp-gateway-operator`],
    ['PUT', `${LEASES}/mcp-gateway-operator`],
    ['GET', TENANTS_LIST],
    ['POST', core('G', 'secrets')],
    ['GET', core('G', 'secrets/mcp-gateway-session-keys')],
    ['GET', core('G', 'secrets/mcp-gateway-own-tools')],
  ],
  mayNot: [
    ['GET', core('B', 'secrets/a')],
    ['GET', `${BACKENDS}/a`],
    ['GET', core('G', 'events')],
    ['POST', core('G', 'events')],
    ['PATCH', core('G', 'secrets/mcp-gateway-session-keys')],
    ['DELETE', core('G', 'secrets/mcp-gateway-session-keys')],
    ['PUT', `${LEASES}/other`],
    ['DELETE', `${LEASES}/mcp-gateway-operator`],
    ['POST', of('apps/v1', 'G', 'statefulsets')],
    ['GET', of('apps/v1', 'G', 'deployments')],
    ['POST', of('apps/v1', 'B', 'deployments')],
    ['PUT', `${SETS}/a`],
  ],
};

const ADMIN: { may: Call[]; mayNot: Call[] } = {
  may: [
    ['GET', BACKENDS],
    ['POST', BACKENDS],
    ['GET', `${BACKENDS}/a`],
    ['PUT', `${BACKENDS}/a`],
    ['DELETE', `${BACKENDS}/a`],
    ['GET', core('B', 'pods')],
    ['GET', core('B', 'events')],
    ['GET', core('B', 'pods/a/log')],
    ['GET', TENANTS],
    ['PUT', TENANTS],
    ['GET', core('G', 'pods')],
    ['GET', core('G', 'pods/a/log')],
    ['GET', core('G', 'pods/a/proxy/quotas/a')],
    ['GET', core('G', 'secrets/mcp-gateway-session-keys')],
  ],
  mayNot: [
    ['POST', core('G', 'pods/a/proxy/a')],
    ['GET', core('B', 'pods/a/proxy/a')],
    ['PATCH', `${BACKENDS}/a`],
    ['PUT', `${BACKENDS}/a/status`],
    ['DELETE', BACKENDS],
    ['GET', core('B', 'secrets/a')],
    ['POST', core('B', 'secrets')],
    ['POST', core('G', 'secrets')],
    ['PUT', core('G', 'secrets/mcp-gateway-session-keys')],
    ['GET', core('G', 'secrets/mcp-gateway-own-tools')],
    ['POST', core('G', 'configmaps')],
    ['DELETE', TENANTS],
    ['PUT', core('G', 'configmaps/mcp-gateway')],
    ['GET', of('apps/v1', 'G', 'deployments')],
    ['PUT', `${LEASES}/mcp-gateway-operator`],
    ['POST', core('G', 'pods')],
  ],
};

describe('permissions of the chart', function () {
  this.timeout(60_000);
  let cluster: Cluster;
  let gateway: string;
  let backends: string;

  before(async function () {
    this.timeout(CLUSTER_TIMEOUT_MS);
    cluster = await sharedCluster();
    [gateway, backends] = [await cluster.newNamespace(), await cluster.newNamespace()];
    const set = [`backendsNamespace.name=${backends}`, 'backendsNamespace.create=false'];
    set.push('admin.enabled=true', 'admin.tenants[0]=engineering');
    const objects = await render(VALUE_FILES.minimal ?? '', { namespace: gateway, set });
    const accounts = objects.filter(({ kind }) => /^(ServiceAccount|Role|RoleBinding)$/.test(kind));
    await cluster.apply(accounts.map((object) => stringify(object)).join('---\n'));
  });

  /** Whether the API server authorizes a request. A missing object or an invalid body is reported only after authorization. */
  async function allowed(api: Api, [method, path]: Call): Promise<boolean> {
    const place = path.replace('/G/', `/${gateway}/`).replace('/B/', `/${backends}/`);
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    // The body is never valid, so nothing is created or changed.
    const body = method === 'GET' || method === 'DELETE' ? undefined : { metadata: { name: 'Not_Valid' } };
    const response = await api.open(method, place, body, type);
    response.resume();
    return response.statusCode !== 403;
  }

  async function check(account: string, { may, mayNot }: typeof WATCHER): Promise<void> {
    const token = await cluster.serviceAccountToken(gateway, account);
    const api = new Api({ ...cluster, token });
    try {
      const [first] = may;
      // The authorizer sees new roles with a delay.
      if (first !== undefined) await eventually(() => allowed(api, first), Boolean);
      const wrong: string[] = [];
      for (const call of may) if (!(await allowed(api, call))) wrong.push(`${call.join(' ')} is refused`);
      const foreign = NOBODY.filter((call) => !may.some((other) => other.join(' ') === call.join(' ')));
      for (const call of [...mayNot, ...foreign]) {
        if (await allowed(api, call)) wrong.push(`${call.join(' ')} is allowed`);
      }
      expect(wrong).to.deep.equal([]);
    } finally {
      api.close();
    }
  }

  it('let the watcher read what it serves, and write nothing', () => check('mcp-gateway', WATCHER));

  it('let the operator run servers, but read none of their Secrets', () => check('mcp-gateway-operator', OPERATOR));

  it('let the admin tools do their work', () => check('mcp-gateway-admin', ADMIN));

  it('authenticate no request without a valid token', async () => {
    const api = new Api({ ...cluster, token: 'none' });
    const refused = await api.get(BACKENDS.replace('/B/', `/${backends}/`)).catch((error: unknown) => error);
    expect(refused).to.be.instanceOf(ApiError).and.have.property('status', 401);
    api.close();
  });
});
