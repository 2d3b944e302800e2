import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { checkDocument, loadGateway } from '../../local/documents.ts';
import { emptyFolder } from '../runtime/processes/folder.ts';

const GATEWAY = 'issuer: development\nbackends: backends\ntenants: tenants.yaml\n';
const TENANTS = 'tenants: [{name: a, match: [{claim: c, value: v}]}]\n';
const BACKEND = 'name: a\ncommand: [server]\n';

function folderOf(files: Record<string, string>): string {
  const folder = emptyFolder();
  mkdirSync(join(folder, 'backends'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

describe('local/documents', () => {
  it('loads a gateway with all documents that it names', async () => {
    const folder = folderOf({ 'gateway.yaml': GATEWAY, 'tenants.yaml': TENANTS, 'backends/a.yaml': BACKEND });
    const loaded = await loadGateway(join(folder, 'gateway.yaml'));
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
    expect(loaded.value.backendsFolder).to.equal(join(folder, 'backends'));
    expect([...loaded.value.catalog.backends.keys()]).to.deep.equal(['a']);
    expect(loaded.value.tenants.map(({ name }) => name)).to.deep.equal(['a']);
  });

  it('returns the problems of all documents', async () => {
    const folder = folderOf({
      'gateway.yaml': GATEWAY,
      'tenants.yaml': 'tenants: []',
      'backends/a.yaml': 'name: a',
      'backends/b.yaml': '[',
    });
    const loaded = await loadGateway(join(folder, 'gateway.yaml'));
    const sources = loaded.ok ? [] : loaded.problems.map(({ source }) => source);
    expect(new Set(sources)).to.deep.equal(new Set(['tenants.yaml', 'backends/a.yaml', 'backends/b.yaml']));
  });

  it('rejects a tenant of the admin tools without the role for them', async () => {
    const files = { 'gateway.yaml': `${GATEWAY}admin: {tenants: [a]}\n`, 'tenants.yaml': TENANTS };
    const loaded = await loadGateway(join(folderOf(files), 'gateway.yaml'));
    expect(loaded.ok ? [] : loaded.problems.map(({ path }) => path)).to.deep.equal(['admin.tenants[0]']);
  });

  it('reports missing documents', async () => {
    const folder = emptyFolder();
    writeFileSync(join(folder, 'gateway.yaml'), GATEWAY);
    const loaded = await loadGateway(join(folder, 'gateway.yaml'));
    expect(loaded.ok ? [] : loaded.problems.map(({ source }) => source)).to.deep.equal(['tenants.yaml', 'backends']);
    expect((await loadGateway(join(folder, 'none.yaml'))).ok).to.equal(false);
  });

  it('checks documents of every kind', async () => {
    const folder = folderOf({
      'gateway.yaml': GATEWAY,
      'tenants.yaml': TENANTS,
      'backends/a.yaml': BACKEND,
      'bad-gateway.yaml': `${GATEWAY}port: 1`,
      'bad-tenants.yaml': 'tenants: [{name: A}]',
      'bad-backend.yaml': 'name: a\ncommand: []\ntenants: [a]',
      'bomb.yaml': 'a: &a [x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a]\nc: [*b, *b, *b, *b, *b, *b]',
      'no.yaml': '[',
    });
    const paths = async (name: string) => (await checkDocument(join(folder, name))).problems.map(({ path }) => path);
    for (const name of ['gateway.yaml', 'tenants.yaml', 'backends/a.yaml', 'backends'])
      expect(await paths(name), name).to.deep.equal([]);
    expect(await paths('bad-gateway.yaml')).to.deep.equal(['port']);
    expect(await paths('bad-tenants.yaml')).to.deep.equal(['tenants[0].name', 'tenants[0].match']);
    expect(await paths('bad-backend.yaml')).to.deep.equal(['command']);
    for (const name of ['bomb.yaml', 'no.yaml', 'missing.yaml']) expect(await paths(name), name).to.deep.equal(['']);
  });

  it('recognizes a gateway by its keys, and returns its configuration if it is valid', async () => {
    const issuers = 'issuers: [{url: "https://issuer.example"}]\ntenants: tenants.yaml\n';
    const folder = folderOf({
      'gateway.yaml': GATEWAY,
      'issuers.yaml': issuers,
      'tenants.yaml': TENANTS,
      'backends/a.yaml': BACKEND,
    });
    const { problems, gateway } = await checkDocument(join(folder, 'gateway.yaml'));
    expect(problems).to.deep.equal([]);
    expect(gateway?.config.developmentIssuer).to.equal(true);
    const checked = await checkDocument(join(folder, 'issuers.yaml'));
    expect(checked.problems.map(({ path }) => path)).to.deep.equal(['backends']);
    expect(checked).not.to.have.property('gateway');
    expect(await checkDocument(join(folder, 'tenants.yaml'))).not.to.have.property('gateway');
  });

  describe('rules of tenants and issuers', () => {
    const ISSUERS = 'issuers: [{url: "https://a.example/"}, {url: "https://b.example"}]\n';
    const messagesOf = async (gateway: string, tenants: string) => {
      const files = { 'gateway.yaml': gateway, 'tenants.yaml': tenants, 'backends/a.yaml': BACKEND };
      const { problems } = await checkDocument(join(folderOf(files), 'gateway.yaml'));
      return problems.map(({ source, path, message }) => `${source}: ${path}: ${message}`);
    };
    const gateway = `${ISSUERS}backends: backends\ntenants: tenants.yaml\n`;
    const tenantsOf = (issuer: string) => TENANTS.replace('{claim', `{issuer: "${issuer}", claim`);

    it('report a difference in the trailing slash only', async () => {
      expect(await messagesOf(gateway, tenantsOf('https://a.example/'))).to.deep.equal([]);
      expect(await messagesOf(gateway, tenantsOf('https://a.example'))).to.deep.equal([
        'tenants.yaml: tenants[0].match[0].issuer: names an issuer that the gateway does not accept; it differs from https://a.example/ only in the trailing slash (got "https://a.example")',
      ]);
      expect(await messagesOf(gateway, tenantsOf('https://b.example/'))).to.deep.equal([
        'tenants.yaml: tenants[0].match[0].issuer: names an issuer that the gateway does not accept; it differs from https://b.example only in the trailing slash (got "https://b.example/")',
      ]);
    });

    it('report rules that no token can match: for an unknown issuer, or for none of several', async () => {
      expect(await messagesOf(gateway, tenantsOf('https://c.example'))).to.deep.equal([
        'tenants.yaml: tenants[0].match[0].issuer: names an issuer that the gateway does not accept (got "https://c.example")',
      ]);
      const [missing = '', ...others] = await messagesOf(gateway, TENANTS);
      expect(missing).to.match(/^tenants\.yaml: tenants\[0\]\.match\[0\]\.issuer: is required/);
      expect(others).to.deep.equal([]);
      const roles = `${tenantsOf('https://b.example').replace(']}]', "], roles: [{name: r, match: [{role: x, issuer: 'https://b.example/'}]}]}]")}`;
      expect(await messagesOf(gateway, roles)).to.have.length(1);
      expect((await messagesOf(gateway, roles))[0]).to.match(
        /^tenants.yaml: tenants\[0\].roles\[0\].match\[0\].issuer: .*trailing slash/,
      );
    });
  });
});
