import { chmodSync, readdirSync, readFileSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { rewriteFile } from '../../../control/documents/rewrite-file.ts';
import { UserError } from '../../../core/errors.ts';
import { emptyFolder } from '../../runtime/processes/folder.ts';

describe('control/documents/rewrite-file', () => {
  const made = (text: string) => {
    const folder = emptyFolder();
    const file = join(folder, 'tenants.yaml');
    writeFileSync(file, text);
    return { folder, file };
  };

  it('replaces a file, with its mode, and leaves nothing beside it', async () => {
    const { folder, file } = made('long before');
    chmodSync(file, 0o640);
    await rewriteFile(file, () => 'after');
    expect(readFileSync(file, 'utf8')).to.equal('after');
    expect(statSync(file).mode & 0o777).to.equal(0o640);
    expect(readdirSync(folder)).to.deep.equal(['tenants.yaml']);
  });

  it('changes the target of a link, and keeps the link', async () => {
    const { folder, file } = made('before');
    const link = join(folder, 'link.yaml');
    symlinkSync('tenants.yaml', link);
    await rewriteFile(link, () => 'after');
    expect(readFileSync(file, 'utf8')).to.equal('after');
    expect(
      readdirSync(folder, { withFileTypes: true })
        .find(({ name }) => name === 'link.yaml')
        ?.isSymbolicLink(),
    ).to.equal(true);
  });

  it('reads a file again that another program has written in the meantime', async () => {
    const { file } = made('1');
    const seen: string[] = [];
    await rewriteFile(file, (text) => {
      seen.push(text);
      if (seen.length === 1) writeFileSync(file, '2');
      return `${text} and more, ${seen.length}`;
    });
    expect(seen).to.deep.equal(['1', '2']);
    expect(readFileSync(file, 'utf8')).to.equal('2 and more, 2');
  });

  it('loses no change of several at the same time', async () => {
    const { folder, file } = made('');
    await Promise.all(Array.from({ length: 20 }, (_, index) => rewriteFile(file, (text) => `${text}${index};`)));
    const kept = readFileSync(file, 'utf8').split(';').filter(Boolean).map(Number);
    expect(kept.sort((a, b) => a - b)).to.deep.equal(Array.from({ length: 20 }, (_, index) => index));
    expect(readdirSync(folder)).to.deep.equal(['tenants.yaml']);
  });

  it('does not wait for a draft that a dead process left', async () => {
    const { folder, file } = made('before');
    const draft = join(folder, '.tenants.yaml.mcp-gateway');
    writeFileSync(draft, 'half');
    utimesSync(draft, 1_000, 1_000);
    await rewriteFile(file, () => 'after');
    expect(readFileSync(file, 'utf8')).to.equal('after');
  });

  it('changes nothing if the change throws or changes nothing', async () => {
    const { folder, file } = made('before');
    const { ino } = statSync(file);
    const rejected = new UserError('usage', 'no');
    const outcome = await rewriteFile(file, () => {
      throw rejected;
    }).catch((error: unknown) => error);
    expect(outcome).to.equal(rejected);
    await rewriteFile(file, (text) => text);
    expect(statSync(file).ino).to.equal(ino);
    expect(readdirSync(folder)).to.deep.equal(['tenants.yaml']);
  });

  it('rejects a file that is missing', async () => {
    const outcome = await rewriteFile(join(emptyFolder(), 'none.yaml'), () => '').catch((error: unknown) => error);
    expect(outcome).to.be.instanceOf(UserError).with.property('code', 'config');
  });
});
