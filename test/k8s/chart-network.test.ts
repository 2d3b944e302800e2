import { expect } from 'chai';
import { z } from 'zod';
import { render, VALUE_FILES } from './chart-render.ts';

const policySchema = z.object({
  ingress: z.array(
    z.object({ ports: z.array(z.object({ port: z.string() })).default([]), from: z.array(z.unknown()).optional() }),
  ),
});

describe('the NetworkPolicy of the gateway', function () {
  this.timeout(60_000);

  /** Sources that may reach the metrics port; undefined: the policy has no rule for it. */
  const atMetrics = async (...set: string[]) => {
    const objects = await render(VALUE_FILES.minimal ?? '', { set });
    const found = objects.find(({ kind, metadata }) => kind === 'NetworkPolicy' && metadata.name === 'mcp-gateway');
    const { ingress } = policySchema.parse(found?.spec);
    const rules = ingress.filter(({ ports }) => ports.some(({ port }) => port === 'metrics'));
    // A rule without `from` would allow all sources.
    for (const { from } of rules) expect(from).to.not.equal(undefined);
    return rules.flatMap(({ from = [] }) => from.map((peer) => JSON.stringify(peer)));
  };

  it('allows requests of the API server through its agents, and of the sources in the values', async () => {
    const system = '"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"kube-system"}}';
    const agents = ['k8s-app', 'app'].map(
      (label) => `{${system},"podSelector":{"matchLabels":{"${label}":"konnectivity-agent"}}}`,
    );
    expect(await atMetrics()).to.deep.equal(agents);
    const named = '{"ipBlock":{"cidr":"10.0.0.0/28"}}';
    expect(await atMetrics('networkPolicy.metricsFrom[0].ipBlock.cidr=10.0.0.0/28')).to.deep.equal([named, ...agents]);
    expect(await atMetrics('networkPolicy.apiServerFrom=null')).to.deep.equal([]);
  });
});
