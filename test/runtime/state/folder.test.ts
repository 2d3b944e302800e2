import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { UserError } from '../../../core/errors.ts';
import { parseSessionKeys } from '../../../core/session/keys.ts';
import { prepareStateFolder, readFacts, stateFolder, writeFacts } from '../../../runtime/state/folder.ts';
import { emptyFolder } from '../processes/folder.ts';

const mode = (path: string) => statSync(path).mode & 0o777;

describe('runtime/state/folder', () => {
  it('is accessible only to this user, and has a key that seals sessions', () => {
    const folder = stateFolder(join(emptyFolder(), 'state'));
    prepareStateFolder(folder);
    expect([mode(folder.root), mode(folder.run), mode(folder.endpoints), mode(folder.sessionKeys)]).to.deep.equal([
      0o700, 0o700, 0o700, 0o600,
    ]);
    expect(parseSessionKeys(readFileSync(folder.sessionKeys, 'utf8'), 'keys').ok).to.equal(true);
  });

  it('keeps its key, and nothing else of the run before', () => {
    const folder = stateFolder(emptyFolder());
    prepareStateFolder(folder);
    const key = readFileSync(folder.sessionKeys, 'utf8');
    writeFileSync(join(folder.run, 'watcher.sock'), '');
    prepareStateFolder(folder);
    expect(readFileSync(folder.sessionKeys, 'utf8')).to.equal(key);
    expect(existsSync(join(folder.run, 'watcher.sock'))).to.equal(false);
  });

  it('has another key for each gateway', () => {
    const keys = [1, 2].map(() => {
      const folder = stateFolder(emptyFolder());
      prepareStateFolder(folder);
      return readFileSync(folder.sessionKeys, 'utf8');
    });
    expect(keys[0]).not.to.equal(keys[1]);
  });

  it('is rejected and not created if the paths of sockets would be too long', () => {
    const root = join(emptyFolder(), 'x'.repeat(100));
    expect(() => prepareStateFolder(stateFolder(root)))
      .to.throw(UserError, `the path of the state folder is too long for Unix sockets: ${root}`)
      .with.property('code', 'config');
    expect(existsSync(root)).to.equal(false);
  });

  it('has the facts for other commands', () => {
    const folder = stateFolder(emptyFolder());
    expect(() => readFacts(folder))
      .to.throw(UserError, `no gateway was started with the state folder ${folder.root}`)
      .with.property('code', 'not-running');
    mkdirSync(folder.root, { recursive: true });
    const facts = {
      publicUrl: 'http://127.0.0.1:8080',
      watcherSocket: '/run/watcher.sock',
      tenantsFile: '/tenants.yaml',
    };
    writeFacts(folder, facts);
    expect(readFacts(folder)).to.deep.equal(facts);
    expect(mode(folder.facts)).to.equal(0o600);
    writeFileSync(folder.facts, '{"publicUrl":5}');
    expect(() => readFacts(folder))
      .to.throw(UserError)
      .with.property('code', 'not-running');
  });
});
