import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { gatewaySchema } from '../../core/config/gateway.ts';
import { parseYaml } from '../../core/document/parse.ts';
import { formatProblem, type Parsed } from '../../core/document/problems.ts';
import { denialBody } from '../../core/mcp/denial.ts';
import { quotaDenial, rateLimitHeaders } from '../../core/quota/answer.ts';
import type { BucketAnswer } from '../../core/quota/bucket.ts';
import { planAsks } from '../../core/quota/plan.ts';
import { FREE_METHODS, type Quota } from '../../core/quota/quota.ts';
import { tenantsSchema } from '../../core/tenants/tenants.ts';
import { PROJECT } from '../support/gateway.ts';

const PAGE = join(PROJECT, 'docs', 'quotas.md');
const TEXT = readFileSync(PAGE, 'utf8');

/** The fenced blocks of the page in a language, in order. */
function blocksOf(language: string): string[] {
  const fences = [...TEXT.matchAll(/^```(\w+)\n(.*?)^```$/gms)];
  return fences.flatMap(([, name, block]) => (name === language && block !== undefined ? [block] : []));
}

function valid<T>(parsed: Parsed<T>): T {
  if (!parsed.ok) throw new Error(parsed.problems.map(formatProblem).join('\n'));
  return parsed.value;
}

const quotas = blocksOf('yaml')
  .filter((block) => block.startsWith('# tenants.yaml\n'))
  .map((block): Quota => {
    const [tenant] = valid(parseYaml(block, PAGE, tenantsSchema)).tenants;
    if (tenant?.quota === undefined) throw new Error('the tenant has no quota');
    return tenant.quota;
  });

/** Names and costs of the buckets that a call meets. */
function bucketsOf(quota: Quota, tool: string): Record<string, number> {
  const message = { methods: ['tools/call'], items: [{ kind: 'tools' as const, name: tool }] };
  const asks = planAsks(quota, { message, backend: 'jira', user: 'alice' });
  return Object.fromEntries(asks.map(({ name, cost }) => [name, cost]));
}

describe('docs/quotas.md', () => {
  it('has documents that the gateway accepts', () => {
    expect(quotas).to.have.length(4);
    const others = blocksOf('yaml').filter((block) => !block.startsWith('# tenants.yaml\n'));
    expect(others.map((block) => block.split('\n')[0])).to.deep.equal(['# gateway.yaml']);
    const { quotas: settings } = valid(parseYaml(others[0] ?? '', PAGE, gatewaySchema));
    expect(settings).to.deep.equal({ whenRedisFails: 'share', deadline: 50, gateways: 2 });
  });

  it('describes its examples correctly', () => {
    const [trial, , large, paced] = quotas;
    if (trial === undefined || large === undefined || paced === undefined) throw new Error('examples are missing');
    expect(trial).to.deep.include({ dryRun: true, tenant: { requests: 1000, periodMs: 3_600_000, burst: 1000 } });
    expect(bucketsOf(large, 'search_issues')).to.deep.equal({
      ...{ tenant: 1, user: 1, 'backend jira': 1, 'rule search': 1 },
    });
    expect(bucketsOf(large, 'export_board')).to.deep.equal({ tenant: 25, user: 25, 'backend jira': 25 });
    const lists = { message: { methods: ['tools/list'], items: [] }, backend: 'jira', user: 'alice' };
    expect(planAsks(large, lists)).to.deep.equal([]);
    expect(bucketsOf(paced, 'anything')).to.deep.equal({ tenant: 1, 'rule pace': 1 });
  });

  it('shows the headers and the denial as the code makes them', () => {
    const [, , large] = quotas;
    if (large === undefined) throw new Error('examples are missing');
    const limits: [string, Quota['tenant'], BucketAnswer][] = [
      [
        'tenant',
        { requests: 1000, periodMs: 3_600_000, burst: 1000 },
        { remaining: 412, waitMs: 0, fullMs: 2_116_800 },
      ],
      ['user', large.user, { remaining: 118, waitMs: 0, fullMs: 2_000 }],
    ];
    const asks = limits.flatMap(([name, limit]) => (limit ? [{ key: name, name, limit, cost: 1 }] : []));
    const headers = rateLimitHeaders(asks, { allowed: true, answers: limits.map(([, , answer]) => answer) });
    expect(TEXT).to.include(
      `    RateLimit-Policy: ${headers['ratelimit-policy']}\n    RateLimit: ${headers.ratelimit}\n`,
    );

    const waiting = { remaining: 0, waitMs: 11_500, fullMs: 120_000 };
    const denial = quotaDenial('engineering', asks.slice(1), { allowed: false, answers: [waiting] });
    expect(denial.headers['retry-after']).to.equal('12');
    const shown = blocksOf('json').map((block) => JSON.parse(block));
    expect(shown).to.deep.equal([JSON.parse(denialBody(denial, 7))]);
  });

  it('names every key, and the defaults', () => {
    const [quota = {}] = quotas;
    const renamed: Record<string, string> = { tenant: 'requests', user: 'users' };
    for (const key of Object.keys(quota))
      expect(TEXT).to.match(new RegExp(`^\\| \`${renamed[key] ?? key}\``, 'm'), key);
    expect(TEXT).to.include(`| \`[${FREE_METHODS.join(', ')}]\` |`);
  });

  it('has links that lead somewhere', () => {
    const links = [...TEXT.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, link = '']) => link);
    expect(links).not.to.have.length(0);
    for (const link of links) expect(existsSync(join(dirname(PAGE), link)), link).to.equal(true);
  });
});
