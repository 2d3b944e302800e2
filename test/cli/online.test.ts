import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { stringify } from 'yaml';
import { type LocalIssuer, startIssuer } from '../ext-authz/local-issuer.ts';
import { runCommand } from '../fixtures/replica-server/command.ts';
import { emptyFolder } from '../runtime/processes/folder.ts';

describe('mcp-gateway check --online', function () {
  this.timeout(30_000);
  let issuer: LocalIssuer;
  let other: LocalIssuer;

  beforeEach(async () => {
    [issuer, other] = await Promise.all([startIssuer({ path: '/realms/a' }), startIssuer()]);
  });
  afterEach(() => Promise.all([issuer.close(), other.close()]));

  /** Checks a gateway with these issuers; its file is called FILE in the result. */
  async function check(issuers: Record<string, unknown>[], args = ['--online']) {
    const folder = emptyFolder();
    mkdirSync(join(folder, 'backends'));
    const file = join(folder, 'gateway.yaml');
    writeFileSync(file, stringify({ issuers, backends: 'backends', tenants: 'tenants.yaml' }));
    const match = [{ issuer: issuers[0]?.url, claim: 'team', value: 'red' }];
    writeFileSync(join(folder, 'tenants.yaml'), stringify({ tenants: [{ name: 'red', match }] }));
    const { code, stdout, stderr } = await runCommand(['check', ...args, file]);
    const linesOf = (text: string) => text.trimEnd().replaceAll(file, 'FILE').split('\n');
    return { code, stdout: linesOf(stdout), stderr: linesOf(stderr) };
  }

  it('requests the keys of each issuer, and lists their algorithms', async () => {
    other.keys.push(await other.newKey('second', 'PS512'));
    expect(await check([{ url: issuer.url }, { url: other.url }])).to.deep.equal({
      code: 0,
      stdout: [
        `FILE: issuer ${issuer.url}: answers with 1 usable key (ES256)`,
        `FILE: issuer ${other.url}: answers with 2 usable keys (ES256, PS512)`,
        'FILE: no problems found',
      ],
      stderr: [''],
    });
    expect(issuer.asked).to.deep.equal(['/realms/a/.well-known/openid-configuration', '/realms/a/jwks']);
  });

  it('requests nothing without the option', async () => {
    const { code, stdout } = await check([{ url: issuer.url }, { url: other.url }], []);
    expect({ code, stdout }).to.deep.equal({ code: 0, stdout: ['FILE: no problems found'] });
    expect([...issuer.asked, ...other.asked]).to.deep.equal([]);
  });

  it('rejects an issuer that differs in the trailing slash, in either direction', async () => {
    issuer.callsItself = `${issuer.url}/`;
    const words = 'they differ only in the trailing slash, but must be exactly equal';
    expect(await check([{ url: issuer.url }, { url: `${other.url}/` }])).to.deep.equal({
      code: 78,
      stdout: [''],
      stderr: [
        `FILE: issuer ${issuer.url}: the issuer is configured as ${issuer.url} but calls itself ${issuer.url}/: ${words}`,
        `FILE: issuer ${other.url}/: the issuer is configured as ${other.url}/ but calls itself ${other.url}: ${words}`,
        '2 problems found',
      ],
    });
  });

  it('reports the problem of one issuer while another one has none', async () => {
    other.mood = 'broken';
    const { code, stdout, stderr } = await check([{ url: issuer.url }, { url: other.url }]);
    expect({ code, stdout }).to.deep.equal({
      code: 78,
      stdout: [`FILE: issuer ${issuer.url}: answers with 1 usable key (ES256)`],
    });
    expect(stderr[0]).to.equal(`FILE: issuer ${other.url}: ${other.url}/.well-known/openid-configuration answered 503`);
    await other.close();
    const down = await check([{ url: issuer.url }, { url: other.url }]);
    expect(down.stderr[0]).to.match(/cannot be reached: .*ECONNREFUSED/);
    other = await startIssuer();
  });

  it('rejects keys that are not usable', async () => {
    const { algorithms, ...settings } = { url: issuer.url, algorithms: ['RS256', 'PS256'] };
    expect((await check([{ ...settings, algorithms }])).stderr[0]).to.equal(
      `FILE: issuer ${issuer.url}: its keys are for ES256, but algorithms accepts only RS256, PS256`,
    );
    issuer.keys = [];
    expect((await check([settings])).stderr[0]).to.equal(`FILE: issuer ${issuer.url}: it publishes no keys`);
    issuer.moreKeys = [{ kty: 'oct', k: 'c2VjcmV0' }, null];
    expect((await check([settings])).stderr[0]).to.equal(
      `FILE: issuer ${issuer.url}: none of its keys can verify tokens (2 are for encryption, of another kind, damaged or not public)`,
    );
  });

  it('uses the configured discovery URL', async () => {
    const settings = { url: 'https://issuer.example', discoveryUrl: `${other.url}/.well-known/openid-configuration` };
    other.callsItself = 'https://issuer.example';
    expect((await check([settings])).stdout[0]).to.match(
      /^FILE: issuer https:\/\/issuer.example: answers with 1 usable key/,
    );
  });

  it('skips the development issuer, and needs a gateway.yaml', async () => {
    const path = 'examples/quickstart/gateway.yaml';
    expect(await runCommand(['check', '--online', path])).to.deep.equal({
      code: 0,
      stdout: `${path}: the development issuer is not checked: up runs it\n${path}: no problems found\n`,
      stderr: '',
    });
    const { code } = await runCommand(['check', '--online', 'examples/quickstart/tenants.yaml']);
    expect(code).to.equal(64);
  });
});
