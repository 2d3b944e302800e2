import { expect } from 'chai';
import { type RegistryFolder, registryFolder } from '../control/mcp/registry-folder.ts';
import { runCommand } from '../fixtures/replica-server/command.ts';

const BACKENDS = 1_000;

describe('mcp-gateway backends without a gateway', function () {
  this.timeout(30_000);
  let registry: RegistryFolder;

  beforeEach(() => {
    registry = registryFolder();
  });
  afterEach(() => registry.remove());

  const backends = (...args: string[]) => runCommand(['backends', ...registry.options, ...args]);

  it('prints all of a long list to a slow reader', async () => {
    const long = 'x'.repeat(1_000);
    for (let index = 0; index < BACKENDS; index++) {
      registry.write(`backends/${index}.yaml`, `{name: b${index}, url: 'http://127.0.0.1:1/${long}'}`);
    }
    const { code, stdout } = await backends('list', '--json');
    expect(code).to.equal(1);
    const { backends: listed } = JSON.parse(stdout) as { backends: unknown[] };
    expect(listed).to.have.length(BACKENDS);
  });

  it('reads the keys of a backend from a document', async () => {
    const file = `${registry.folder}/jira.yaml`;
    registry.write(
      'jira.yaml',
      '{kind: MCPBackend, metadata: {name: jira}, spec: {url: "http://127.0.0.1:1/mcp", drain: 5m}}',
    );
    expect((await backends('register', 'wiki', '--file', file)).stderr).to.include('jira, not wiki');
    expect(await backends('register', 'jira', '--file', file, '--affinity', 'none')).to.include({
      code: 0,
      stderr: '',
    });
    expect(registry.read('backends/jira.yaml')).to.equal(
      'name: jira\nurl: http://127.0.0.1:1/mcp\ndrain: 5m\naffinity: none\n',
    );
    expect(await backends('register', 'jira', '--update', '--unset', 'affinity')).to.include({ code: 0 });
    expect(registry.read('backends/jira.yaml')).to.not.include('affinity');
  });

  it('escapes characters that control the terminal', async () => {
    const wicked = '\u001b]0;owned\u0007\u009b2J\u202e';
    registry.write('backends/a.yaml', JSON.stringify({ name: 'a', url: `http://127.0.0.1:1/mcp`, tenants: [wicked] }));
    const shown = '\\u001b]0;owned\\u0007\\u009b2J\\u202e';
    expect((await backends('list')).stdout).to.include(shown);
    expect((await backends('list', '--json')).stdout).to.include(shown);
    expect((await backends(wicked)).stderr).to.include(shown);
  });

  it('exits with 64 for a wrong call, and prints nothing', async () => {
    for (const args of [
      ...[[], ['lst'], ['list', 'jira'], ['status'], ['scale', 'jira'], ['scale', 'jira', '--replicas', 'two']],
      ...[
        ['assign', 'jira'],
        ['remove', 'a', 'b'],
        ['register', 'a', '--env', 'TOKEN=abcdefgh', '--', 'x'],
        ['list', '--colour'],
      ],
    ]) {
      const outcome = await backends(...args);
      expect([args, outcome.code, outcome.stdout]).to.deep.equal([args, 64, '']);
      expect(outcome.stderr).to.match(/^mcp-gateway: .+\n.+/);
    }
  });
});
