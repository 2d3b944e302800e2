import { expect } from 'chai';
import { z } from 'zod';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { type OperatorSetup, QUICK_ELECTION, setUpOperator } from './operator-support.ts';
import { type ApiProxy, startApiProxy } from './support/api-proxy.ts';
import type { Cluster } from './support/cluster.ts';
import { CLUSTER_TIMEOUT_MS } from './support/control-plane.ts';
import { sharedCluster } from './support/shared.ts';

const IMAGE = { image: 'ghcr.io/acme/a:1', drain: '0s' };
const READY = { Accepted: 'True Valid', Ready: 'True ReplicasReady' };
const ELECTED = { leaderElect: true, election: QUICK_ELECTION };

const leaseSchema = z.object({ spec: z.object({ holderIdentity: z.string(), leaseTransitions: z.number() }) });

describe('several operators', function () {
  this.timeout(90_000);
  let cluster: Cluster;
  let setup: OperatorSetup;
  let proxy: ApiProxy;

  const holder = async () => {
    const path = `/apis/coordination.k8s.io/v1/namespaces/${setup.gatewayNamespace}/leases/mcp-gateway-operator`;
    return leaseSchema.parse(await cluster.api.get(path)).spec.holderIdentity;
  };
  const leads = async ({ healthPort }: { healthPort: number }) => {
    const text = await (await fetch(`http://127.0.0.1:${healthPort}/metrics`)).text();
    return text.includes('operator_leader 1');
  };
  const throughProxy = () => cluster.writeKubeconfig({ token: cluster.token, server: proxy.server });

  before(async function () {
    this.timeout(CLUSTER_TIMEOUT_MS);
    cluster = await sharedCluster();
  });

  beforeEach(async () => {
    setup = await setUpOperator(cluster);
    proxy = await startApiProxy(cluster);
  });

  afterEach(async () => {
    await setup.stop();
    await proxy.stop();
  });

  it('have one leader, and another one after it stops', async () => {
    const first = await setup.start({ ...ELECTED, identity: 'first' });
    await eventually(holder, (name) => name === 'first');
    const second = await setup.start({ ...ELECTED, identity: 'second', kubeconfig: throughProxy() });
    await setup.backend('one', IMAGE);
    await setup.until('one', READY);
    expect(await leads(first)).to.equal(true);
    expect(await leads(second)).to.equal(false);
    // An operator on standby writes nothing.
    expect(proxy.requests.filter(({ method }) => method !== 'GET')).to.deep.equal([]);
    await first.stop();
    expect(await holder()).to.be.oneOf(['', 'second']);
    await eventually(holder, (name) => name === 'second');
    await setup.backend('two', IMAGE);
    await setup.until('two', READY);
  });

  it('have a new leader when the first one cannot renew the lease, and the first one stops writing', async () => {
    const first = await setup.start({ ...ELECTED, identity: 'first', kubeconfig: throughProxy() });
    await eventually(holder, (name) => name === 'first');
    await setup.backend('one', IMAGE);
    await setup.until('one', READY);
    // The first leader still sees changes and could write, but cannot reach the lease.
    proxy.inject({ path: /\/leases/, times: 10_000 }, { kind: 'stall' });
    const second = await setup.start({ ...ELECTED, identity: 'second' });
    await eventually(holder, (name) => name === 'second', 30_000);
    expect(await leads(first)).to.equal(false);
    const sent = () => proxy.requests.filter(({ method }) => method !== 'GET').length;
    const before = sent();
    await setup.backend('two', IMAGE);
    await setup.until('two', READY);
    expect(await leads(second)).to.equal(true);
    expect(sent()).to.equal(before);
    // It no longer watches either.
    const metrics = async () => (await fetch(`http://127.0.0.1:${first.healthPort}/metrics`)).text();
    await eventually(metrics, (text) => text.includes('operator_backends 0'));
  });

  it('take over the lease of a crashed one after it expires', async () => {
    const leases = `/apis/coordination.k8s.io/v1/namespaces/${setup.gatewayNamespace}/leases`;
    const renewTime = new Date().toISOString().replace('Z', '000Z');
    await cluster.api.create(leases, {
      metadata: { name: 'mcp-gateway-operator' },
      spec: { holderIdentity: 'crashed', leaseDurationSeconds: 1, renewTime, leaseTransitions: 4 },
    });
    await setup.start({ ...ELECTED, identity: 'next' });
    await eventually(holder, (name) => name === 'next');
    const lease = leaseSchema.parse(await cluster.api.get(`${leases}/mcp-gateway-operator`));
    expect(lease.spec.leaseTransitions).to.equal(5);
  });
});
