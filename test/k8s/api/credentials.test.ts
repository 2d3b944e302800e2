import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { RequestOptions } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse, stringify } from 'yaml';
import { UserError } from '../../../core/errors.ts';
import { type ClusterChoice, loadCluster } from '../../../k8s/api/credentials.ts';

const config = (server: string, names: string[], current = names[0] ?? '') =>
  stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: names.map((name) => ({ name, cluster: { server: server.replace('NAME', name) } })),
    users: names.map((name) => ({ name, user: { token: name } })),
    contexts: names.map((name) => ({ name, context: { cluster: name, user: name } })),
    'current-context': current,
  });

describe('k8s/api/credentials', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mcpgw-'));
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  after(() => rmSync(folder, { recursive: true, force: true }));

  const two = file('two', config('https://NAME.example:6443', ['one', 'two']));
  const serverOf = (choice: Partial<ClusterChoice>) => loadCluster({ env: {}, ...choice }).getCurrentCluster()?.server;
  const problem = (choice: Partial<ClusterChoice>) => {
    try {
      loadCluster({ env: { HOME: folder }, ...choice });
    } catch (error) {
      if (error instanceof UserError) return `${error.code}: ${error.message} ${error.hint ?? ''}`.trim();
      throw error;
    }
    return 'none';
  };

  it('come from the given kubeconfig and context', () => {
    expect(serverOf({ kubeconfig: two })).to.equal('https://one.example:6443');
    expect(serverOf({ kubeconfig: two, context: 'two' })).to.equal('https://two.example:6443');
  });

  it('come from KUBECONFIG, whose first file sets the context, or from the home folder', () => {
    const other = file('other', config('https://NAME.other', ['three']));
    expect(serverOf({ env: { KUBECONFIG: `${other}:${two}` } })).to.equal('https://three.other');
    expect(serverOf({ env: { KUBECONFIG: `${other}:${two}` }, context: 'two' })).to.equal('https://two.example:6443');
    mkdirSync(join(folder, '.kube'));
    file('.kube/config', config('https://NAME.home', ['four']));
    expect(serverOf({ env: { HOME: folder } })).to.equal('https://four.home');
    expect(serverOf({ env: { HOME: folder, KUBECONFIG: two } })).to.equal('https://one.example:6443');
    rmSync(join(folder, '.kube'), { recursive: true });
  });

  it('come from a token file, relative to the kubeconfig, which is read for each request', async () => {
    const users = [{ name: 'one', user: { tokenFile: 'secrets/token', token: 'old' } }, { name: 'empty' }];
    const whole = { ...parse(config('https://NAME.example', ['one'])), users };
    const first = file('first', config('https://NAME.example', ['other']));
    const folderOfUser = join(folder, 'user');
    mkdirSync(join(folderOfUser, 'secrets'), { recursive: true });
    const own = file('user/config', stringify(whole));
    const token = file('user/secrets/token', 'first-token\n');
    const authorization = async (choice: Partial<ClusterChoice>) => {
      const options: RequestOptions = {};
      await loadCluster({ env: {}, ...choice }).applyToHTTPSOptions(options);
      return options.headers;
    };
    expect(await authorization({ kubeconfig: own })).to.deep.equal({ Authorization: 'Bearer first-token' });
    const merged = { env: { KUBECONFIG: `${first}:${own}` } };
    expect(await authorization({ ...merged, context: 'one' })).to.deep.equal({ Authorization: 'Bearer first-token' });
    expect(await authorization(merged)).to.deep.equal({ Authorization: 'Bearer other' });

    const loaded = loadCluster({ env: {}, kubeconfig: own });
    const again = async () => {
      const options: RequestOptions = {};
      await loaded.applyToHTTPSOptions(options);
      return options.headers;
    };
    expect(await again()).to.deep.equal({ Authorization: 'Bearer first-token' });
    writeFileSync(token, 'second-token');
    expect(await again()).to.deep.equal({ Authorization: 'Bearer second-token' });
    rmSync(token);
    expect(await again().catch(String)).to.match(/secrets\/token/);
  });

  it('report a missing or unusable kubeconfig, with what to do', () => {
    expect(problem({})).to.match(/^config: .*--kubeconfig/);
    expect(problem({ kubeconfig: join(folder, 'none') })).to.match(/^missing-file: .*none/);
    expect(problem({ kubeconfig: two, context: 'x' })).to.match(/^config: .* context x .*one, two\.$/);
    expect(problem({ kubeconfig: file('bad', '{ not yaml') })).to.match(/^config: .*bad/);
    expect(problem({ kubeconfig: file('empty', config('', [])) })).to.match(/^config: .*empty.*--context/);
    expect(problem({ kubeconfig: file('plain', config('http://NAME', ['a'])) })).to.match(/insecure-skip-tls-verify/);
    expect(problem({ kubeconfig: file('odd', config('ftp://NAME', ['a'])) })).to.match(/^config: .*ftp:/);
  });
});
