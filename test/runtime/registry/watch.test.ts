import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Changes } from '../../../runtime/changes.ts';
import { FileWatch, isYamlFile, readTexts } from '../../../runtime/registry/watch.ts';
import { capturedLog } from '../../ext-authz/captured-log.ts';
import { emptyFolder } from '../processes/folder.ts';

const PATIENCE_MS = 8_000;

describe('runtime/registry/watch', function () {
  this.timeout(20_000);
  let folder: string;
  let seen: Record<string, string>[];
  let messages: string[];
  const changes = new Changes();
  const watches: FileWatch[] = [];

  beforeEach(() => {
    folder = emptyFolder();
    seen = [];
    messages = [];
  });

  afterEach(() => {
    for (const watch of watches.splice(0)) watch.close();
  });

  function watch(path: string, accept = isYamlFile): FileWatch {
    const captured = capturedLog();
    messages = captured.messages;
    const one = new FileWatch({
      path,
      accept,
      log: captured.log,
      onChange: (texts) => {
        seen.push(Object.fromEntries(texts));
        changes.wake();
      },
    });
    watches.push(one);
    return one;
  }

  async function until(expected: Record<string, string>) {
    const matches = () => JSON.stringify(seen.at(-1)) === JSON.stringify(expected);
    expect(await changes.until(matches, PATIENCE_MS), JSON.stringify(seen)).to.equal(true);
  }

  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  const replace = (name: string, text: string) => {
    write('.new', text);
    renameSync(join(folder, '.new'), join(folder, name));
  };

  it('reports new, changed, replaced and removed files of a folder', async () => {
    write('b.yaml', '1');
    write('a.yml', '1');
    write('.hidden.yaml', '1');
    write('other.txt', '1');
    watch(folder);
    await until({ 'a.yml': '1', 'b.yaml': '1' });
    write('c.yaml', '1');
    await until({ 'a.yml': '1', 'b.yaml': '1', 'c.yaml': '1' });
    write('c.yaml', '2');
    await until({ 'a.yml': '1', 'b.yaml': '1', 'c.yaml': '2' });
    replace('b.yaml', '2');
    await until({ 'a.yml': '1', 'b.yaml': '2', 'c.yaml': '2' });
    rmSync(join(folder, 'a.yml'));
    await until({ 'b.yaml': '2', 'c.yaml': '2' });
  });

  it('reports an empty folder', async () => {
    watch(folder);
    await until({});
  });

  it('reports each version of a single file, whether it is replaced or overwritten', async () => {
    const path = join(folder, 'tenants.yaml');
    replace('tenants.yaml', '0');
    watch(path);
    await until({ [path]: '0' });
    for (const text of ['1', '2', '3']) {
      replace('tenants.yaml', text);
      await until({ [path]: text });
    }
    write('tenants.yaml', '4');
    await until({ [path]: '4' });
  });

  it('finds a folder that is created later, and one that replaces it', async () => {
    const path = join(folder, 'backends');
    watch(path);
    while (messages.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    mkdirSync(path);
    write('backends/a.yaml', '1');
    await until({ 'a.yaml': '1' });
    renameSync(path, join(folder, 'old'));
    mkdirSync(path);
    write('backends/b.yaml', '1');
    await until({ 'b.yaml': '1' });
    expect(messages[0]).to.equal('cannot be read; keeping the last content');
  });

  it('keeps the last content of a folder that is gone', async () => {
    const path = join(folder, 'backends');
    mkdirSync(path);
    write('backends/a.yaml', '1');
    watch(path);
    await until({ 'a.yaml': '1' });
    rmSync(path, { recursive: true });
    mkdirSync(path);
    write('backends/a.yaml', '2');
    await until({ 'a.yaml': '2' });
    expect(seen).not.to.deep.include({});
  });

  it('keeps the last content of a file that cannot be read, and reads the others', async () => {
    write('a.yaml', '1');
    write('b.yaml', '1');
    watch(folder);
    await until({ 'a.yaml': '1', 'b.yaml': '1' });
    write('.large', 'x'.repeat((1 << 20) + 1));
    renameSync(join(folder, '.large'), join(folder, 'a.yaml'));
    mkdirSync(join(folder, 'folder.yaml'));
    symlinkSync('nowhere', join(folder, 'link.yaml'));
    write('b.yaml', '2');
    await until({ 'a.yaml': '1', 'b.yaml': '2' });
    expect(messages).to.have.length(2);
    rmSync(join(folder, 'a.yaml'));
    await until({ 'b.yaml': '2' });
  });

  it('reports nothing if nothing changed, or after it was closed', async () => {
    write('a.yaml', '1');
    const one = watch(folder);
    await until({ 'a.yaml': '1' });
    one.close();
    write('a.yaml', '2');
    // Once a second watch of the same folder has seen the change, the first one would have seen it too.
    const before = seen.length;
    watch(folder);
    await until({ 'a.yaml': '2' });
    expect(seen.length).to.equal(before + 1);
  });

  it('reports what it rejects by name, keeps reading the rest, and reports when it is gone', async () => {
    const reasons: Record<string, unknown>[] = [];
    watches.push(
      new FileWatch({
        path: folder,
        accept: isYamlFile,
        log: capturedLog().log,
        onChange: () => undefined,
        onUnreadable: (unreadable) => {
          reasons.push(Object.fromEntries(unreadable));
          changes.wake();
        },
      }),
    );
    const hostile = ['device.yaml', 'fifo.yaml', 'out.yaml'];
    execFileSync('mkfifo', [join(folder, 'fifo.yaml')]);
    symlinkSync('/dev/zero', join(folder, 'device.yaml'));
    symlinkSync('/etc/passwd', join(folder, 'out.yaml'));
    expect(await changes.until(() => Object.keys(reasons.at(-1) ?? {}).length === 3, PATIENCE_MS)).to.equal(true);
    expect(Object.keys(reasons.at(-1) ?? {}).sort()).to.deep.equal(hostile);
    // One watch more than there are threads for files, so that waiting for the FIFO would show.
    for (let count = 0; count < 4; count++) watch(folder);
    write('a.yaml', '1');
    await until({ 'a.yaml': '1' });
    for (const name of hostile) rmSync(join(folder, name));
    expect(await changes.until(() => Object.keys(reasons.at(-1) ?? {}).length === 0, PATIENCE_MS)).to.equal(true);
  });

  it('rejects if one of the files cannot be read and no text replaces it', async () => {
    write('a.yaml', '1');
    expect(await readTexts(folder, isYamlFile)).to.deep.equal(new Map([['a.yaml', '1']]));
    mkdirSync(join(folder, 'b.yaml'));
    let failed = false;
    await readTexts(folder, isYamlFile).catch(() => {
      failed = true;
    });
    expect(failed).to.equal(true);
  });

  it('recognizes YAML by the name', () => {
    expect(['a.yaml', 'a.yml', 'a.YAML', 'a.yaml~', 'yaml', 'a.yaml.swp'].map(isYamlFile)).to.deep.equal([
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
  });
});
