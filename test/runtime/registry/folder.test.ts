import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { stringify } from 'yaml';
import { Changes } from '../../../runtime/changes.ts';
import { FolderRegistry } from '../../../runtime/registry/folder.ts';
import { capturedLog } from '../../ext-authz/captured-log.ts';
import { emptyFolder } from '../processes/folder.ts';

const PATIENCE_MS = 8_000;
const TENANTS = stringify({ tenants: [{ name: 'red', match: [{ tenant: 'red' }] }] });
const backend = (name: string) => stringify({ name, command: ['server'] });
const endpointsOf = (name: string) =>
  JSON.stringify({
    backend: name,
    endpoints: [{ id: `${name}-0`, address: '127.0.0.1:1', incarnation: '', hostname: '', draining: false }],
    notes: ['replica 1 has ended'],
  });

describe('runtime/registry/folder', function () {
  this.timeout(20_000);
  let folder: string;
  let registry: FolderRegistry;
  let messages: string[];
  let changes: Changes;

  beforeEach(() => {
    folder = emptyFolder();
    for (const name of ['backends', 'endpoints']) mkdirSync(join(folder, name));
    changes = new Changes();
    const captured = capturedLog();
    messages = captured.messages;
    registry = new FolderRegistry({
      ...{ folder, backends: 'backends', tenants: 'tenants.yaml', endpointsFolder: join(folder, 'endpoints') },
      log: captured.log,
      onChange: () => changes.wake(),
    });
  });
  afterEach(() => registry.close());

  const write = (path: string, text: string) => writeFileSync(join(folder, path), text);
  const until = async (condition: () => boolean) => {
    expect(await changes.until(condition, PATIENCE_MS), JSON.stringify(registry.problems)).to.equal(true);
  };
  const names = () => [...(registry.backends?.keys() ?? [])].join();
  const first = () => {
    const [one] = registry.backends?.values() ?? [];
    if (one === undefined) throw new Error('no backend');
    return one;
  };

  it('has the valid documents, and the endpoints that are published', async () => {
    write('tenants.yaml', TENANTS);
    write('backends/a.yaml', backend('a'));
    write('endpoints/a.json', endpointsOf('a'));
    await until(() => names() === 'a' && registry.tenants !== undefined && registry.isKnown());
    await until(() => registry.endpointsOf(first()).length === 1);
    expect(registry.tenants?.map(({ name }) => name)).to.deep.equal(['red']);
    expect(registry.notesOf(first())).to.deep.equal(['replica 1 has ended']);
    expect(registry.problems).to.deep.equal([]);
    rmSync(join(folder, 'endpoints/a.json'));
    await until(() => registry.endpointsOf(first()).length === 0);
  });

  it('keeps the last valid documents, with the problems of the current ones', async () => {
    write('tenants.yaml', TENANTS);
    write('backends/a.yaml', backend('a'));
    await until(() => names() === 'a' && registry.tenants !== undefined);
    write('tenants.yaml', 'tenants: []');
    write('backends/a.yaml', 'name: A');
    await until(() => new Set(registry.problems.map(({ source }) => source)).size === 2);
    expect(names()).to.equal('a');
    expect(registry.tenants).to.have.length(1);
    const isAbout = (source: string) => (message: string) => message.startsWith(`${source} `);
    expect(messages.find(isAbout('tenants.yaml'))).to.equal('tenants.yaml rejected; keeping the last good tenants');
    expect(messages.find(isAbout('backends'))).to.equal('backends partly rejected; keeping the last good documents');
  });

  it('keeps the last content of an endpoint file that is not valid', async () => {
    write('tenants.yaml', TENANTS);
    write('backends/a.yaml', backend('a'));
    write('endpoints/a.json', endpointsOf('a'));
    await until(() => names() === 'a' && registry.endpointsOf(first()).length === 1);
    write('endpoints/a.json', '{"backend":"a"}');
    await until(() => messages.includes('an endpoint file is not valid; keeping its last good content'));
    expect(registry.endpointsOf(first())).to.have.length(1);
  });
});
