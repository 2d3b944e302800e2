import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { CLIENTS } from '../../../cli/clients/clients.ts';
import { stateFolder, writeFacts } from '../../../runtime/state/folder.ts';
import { runCommand } from '../../fixtures/replica-server/command.ts';
import { PROJECT } from '../../support/gateway.ts';
import { READERS } from './readers.ts';

describe('mcp-gateway clients', function () {
  this.timeout(30_000);
  let state: string;

  before(() => {
    state = mkdtempSync(join(tmpdir(), 'mcpgw-'));
    writeFacts(stateFolder(state), {
      publicUrl: 'http://127.0.0.1:8123',
      watcherSocket: '/nowhere',
      tenantsFile: '/none',
    });
  });
  after(() => rmSync(state, { recursive: true, force: true }));

  const run = (...args: string[]) => runCommand(['clients', ...args]);
  const codex = (text: string) => READERS.get('codex')?.(text);

  it('lists the clients', async () => {
    const { code, stdout, stderr } = await run('list');
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    expect(stdout.split('\n').map((line) => line.split(' ')[0])).to.deep.equal([...CLIENTS.keys(), '']);
    const list = JSON.parse((await run('list', '--json')).stdout);
    expect(list).to.deep.equal([...CLIENTS].map(([name, { title, reference }]) => ({ name, title, reference })));
  });

  it('prints the snippet to standard output, and where to add it to standard error', async () => {
    const { code, stdout, stderr } = await run('print', 'codex', '--context', 'kind-mcp', '--namespace', 'tools');
    expect(code).to.equal(0);
    const args = ['serve', '--context', 'kind-mcp', '--namespace', 'tools'];
    expect(codex(stdout)).to.deep.equal([{ use: 'administrator', name: 'mcp-gateway', command: 'mcp-gateway', args }]);
    expect(stderr).to.match(/^Add it to:\n {2}every project: ~\/\.codex\/config\.toml/);
  });

  it('makes paths absolute: clients start programs in any folder', async () => {
    const { stdout } = await run('print', 'codex', '--registry', 'examples/quickstart', '--state-dir', 'my state');
    const paths = ['--registry', join(PROJECT, 'examples', 'quickstart'), '--state-dir', join(PROJECT, 'my state')];
    expect(codex(stdout)?.[0]).to.deep.include({ args: ['serve', ...paths] });
    const cluster = await run('print', 'codex', '--kubeconfig', 'my.yaml');
    expect(codex(cluster.stdout)?.[0]).to.deep.include({ args: ['serve', '--kubeconfig', join(PROJECT, 'my.yaml')] });
  });

  it('takes the URL of the gateway on this machine if none is given', async () => {
    const { stdout, stderr } = await run('print', 'cursor', '--backend', 'jira', '--state-dir', state);
    expect(READERS.get('cursor')?.(stdout)).to.deep.equal([
      { use: 'user', name: 'jira', url: 'http://127.0.0.1:8123/jira/mcp' },
    ]);
    expect(stderr).to.match(/^Or open: cursor:\/\//m);
    const missing = await run('print', 'cursor', '--backend', 'jira', '--state-dir', join(state, 'none'));
    expect(missing).to.include({ code: 76, stdout: '' });
  });

  it('prints the same as JSON', async () => {
    const given = ['print', 'continue', '--url', 'https://mcp.example.com/jira/mcp', '--token-from', 'TOKEN'];
    const [{ stdout: text }, { stdout, stderr }] = [await run(...given), await run(...given, '--json')];
    expect(stderr).to.equal('');
    const printed = JSON.parse(stdout);
    expect(printed).to.include({ client: 'continue', use: 'user', format: 'yaml', text: text.trimEnd() });
    expect(printed).to.have.all.keys('client', 'use', 'format', 'text', 'places', 'note');
    expect(printed.places[0]).to.equal('one workspace: .continue/mcpServers/jira.yaml in its root');
  });

  it('exits with 64 for a wrong call, and prints nothing', async () => {
    for (const args of [
      ...[[], ['print'], ['list', 'cursor'], ['print', 'emacs'], ['print', 'cursor', '--use', 'admin']],
      ['print', 'cursor', '--registry', '/r', '--namespace', 'n'],
      ['print', 'zed', '--url', 'https://a/b/mcp', '--token-from', 'T'],
    ]) {
      const { code, stdout, stderr } = await run(...args);
      expect({ code, stdout }, args.join(' ')).to.deep.equal({ code: 64, stdout: '' });
      expect(stderr).to.match(/^mcp-gateway: .+\n.+/);
    }
  });

  it('still takes the former name of --use administrator', async () => {
    const [now, former] = await Promise.all(
      ['administrator', 'operator'].map((use) => run('print', 'cursor', '--use', use, '--json')),
    );
    expect(former).to.deep.equal(now);
    expect(JSON.parse(now?.stdout ?? '')).to.include({ use: 'operator' });
  });
});
