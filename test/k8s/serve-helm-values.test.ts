import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { type HelmInput, helmInput } from '../../control/helm/input.ts';
import { helmValues } from '../../control/helm/values.ts';
import { UserError } from '../../core/errors.ts';
import { runCommand } from '../fixtures/replica-server/command.ts';
import { CHART, helm } from './chart-render.ts';

const ENTRA = { directoryId: '11111111-2222-4333-8444-555555555555', clientId: 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee' };
const INPUT = {
  publicUrl: 'https://mcp.example.com',
  entra: ENTRA,
  backends: [
    {
      name: 'github',
      url: 'https://api.example.com/mcp/',
      upstreamAuth: { type: 'bearer', secret: { name: 'github', key: 'token' } },
    },
    {
      name: 'jira',
      image: 'ghcr.io/acme/jira-mcp:1.2',
      replicas: 2,
      secretEnv: { JIRA_TOKEN: { name: 'jira', key: 'token' } },
    },
    { name: 'snowflake', command: ['uvx', 'snowflake-mcp'], transport: 'stdio', tenants: ['engineering'] },
  ],
  tenants: [
    {
      name: 'engineering',
      match: [{ group: 'dddddddd-1111-4222-8333-444444444444' }],
      backends: ['github', 'jira', 'snowflake'],
      quota: { requests: 1000, per: 'hour' },
    },
  ],
};

const rejection = (input: unknown): UserError => {
  try {
    helmValues(helmInput.parse(input));
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error('it was taken');
};

/** Renders the chart with these values. */
async function render(values: string) {
  const folder = mkdtempSync(join(tmpdir(), 'mcpgw-values-'));
  try {
    writeFileSync(join(folder, 'values.yaml'), values);
    return await helm([
      'template',
      'mcp-gateway',
      CHART,
      '--namespace',
      'mcp-gateway',
      '--values',
      join(folder, 'values.yaml'),
    ]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe('values for the Helm chart', function () {
  // Helm is built if the cache does not have it.
  this.timeout(600_000);

  it('are accepted by the chart, for Entra ID and three servers', async () => {
    const { values, command, notes } = helmValues(helmInput.parse(INPUT));
    const { ok, stdout, stderr } = await render(values);
    expect(stderr).to.equal('');
    expect(ok).to.equal(true);
    for (const name of ['github', 'jira', 'snowflake'])
      expect(stdout).to.match(new RegExp(`kind: MCPBackend\\nmetadata:\\n[\\s\\S]*name: ${name}`));
    expect(stdout).to.include(`https://login.microsoftonline.com/${ENTRA.directoryId}/v2.0`);
    expect(parse(values)).to.deep.include({
      scopes: [`api://${ENTRA.clientId}/mcp`, 'offline_access'],
      tenants: INPUT.tenants,
    });
    expect(command).to.match(
      /^helm upgrade --install mcp-gateway \S+ --namespace mcp-gateway --create-namespace --values values\.yaml --wait$/,
    );
    expect(notes).to.include(
      'create the Secret first: kubectl -n mcp create secret generic jira --from-file=token=FILE',
    );
  });

  it('are accepted by the chart with every option', async () => {
    const input: HelmInput = helmInput.parse({
      ...{
        ...INPUT,
        entra: undefined,
        issuers: [{ url: 'https://one.example.com' }, { url: 'https://two.example.com' }],
      },
      tenants: [{ ...INPUT.tenants[0], match: [{ issuer: 'https://two.example.com', group: 'g' }] }],
      ...{ scopes: ['mcp'], redis: { url: 'rediss://redis.example.com:6380/0', existingSecret: 'redis' }, replicas: 3 },
      ...{ ingressHost: 'mcp.example.com', release: 'edge', namespace: 'edge', backendsNamespace: 'servers' },
    });
    const { values, command, notes } = helmValues(input);
    const { ok, stderr } = await render(values);
    expect({ ok, stderr }).to.deep.equal({ ok: true, stderr: '' });
    expect(command).to.include('--install edge ').and.include('--namespace edge ');
    expect(notes.join('\n')).to.include('kubectl -n servers ').and.not.include('Redis');
  });

  it('are rejected with all problems at once', () => {
    const { code, hint = '' } = rejection({
      ...{ ...INPUT, issuer: { url: 'http://idp.example.com' }, namespace: 'mcp' },
      backends: [
        { name: 'jira', image: 'a b', replicas: -1 },
        { name: 'jira', url: 'http://a', tenants: ['nobody'] },
      ],
      tenants: [{ name: 'engineering', match: [], backends: ['wiki'], quota: { requests: 1000 } }],
    });
    expect(code).to.equal('config');
    for (const part of [
      ...['issuers: ', 'backends[0].image: ', 'backends[0].replicas: ', 'backends[1].name: '],
      ...['backends[1].tenants: names the tenant nobody', 'tenants[0].match: ', 'tenants[0].quota.per: '],
      ...['tenants[0].backends: names the backend wiki', 'backendsNamespace: '],
    ]) {
      expect(hint).to.include(part);
    }
    expect(rejection({ ...INPUT, entra: undefined }).hint).to.include('issuer: ');
    expect(rejection({ ...INPUT, entra: undefined, issuer: { url: 'http://idp.example.com' } }).hint).to.include(
      'issuer.url: ',
    );
    const several = {
      ...INPUT,
      entra: undefined,
      issuers: [{ url: 'https://a.example.com' }, { url: 'https://b.example.com' }],
    };
    expect(rejection(several).hint).to.include('tenants[0].match[0].issuer: ');
    const withSecret = { ...INPUT, backends: [{ name: 'x', image: 'y', env: { API_TOKEN: 'abcdefgh' } }] };
    expect(rejection(withSecret)).to.include({ code: 'usage' });
  });

  it('can be made on the shell too', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mcpgw-values-'));
    try {
      writeFileSync(join(folder, 'in.json'), JSON.stringify(INPUT));
      const { code, stdout, stderr } = await runCommand(['helm-values', join(folder, 'in.json')]);
      expect(code).to.equal(0);
      expect((await render(stdout)).ok).to.equal(true);
      expect(stderr).to.match(/^helm upgrade --install /m);
      writeFileSync(join(folder, 'bad.yaml'), 'publicUrl: 5\ncolour: red\n');
      const bad = await runCommand(['helm-values', join(folder, 'bad.yaml')]);
      expect(bad).to.include({ code: 78, stdout: '' });
      expect(bad.stderr).to.include('colour: unknown key').and.include('tenants: is required');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
