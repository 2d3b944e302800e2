import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { UserError } from '../../../core/errors.ts';
import type { SessionKeys } from '../../../core/session/keys.ts';
import { Changes } from '../../../runtime/changes.ts';
import { watchSessionKeys } from '../../../runtime/state/session-keys.ts';
import { capturedLog } from '../../ext-authz/captured-log.ts';
import { emptyFolder } from '../processes/folder.ts';

const line = (fill: number) => `${Buffer.alloc(32, fill).toString('base64')}\n`;
const bytesOf = ({ byId }: SessionKeys) => [...byId.values()].map(({ key }) => key.export()[0]);

describe('runtime/state/session-keys', () => {
  it('are read again when the file changes; invalid ones do not replace the last good ones', async () => {
    const file = join(emptyFolder(), 'keys');
    const changes = new Changes();
    const { log, messages } = capturedLog();
    let keys: SessionKeys | undefined;
    const replace = (text: string) => {
      writeFileSync(`${file}.new`, text);
      renameSync(`${file}.new`, file);
    };
    replace(line(1));
    const watch = watchSessionKeys(file, log, (changed) => {
      keys = changed;
      changes.wake();
    });
    expect(bytesOf(watch.keys)).to.deep.equal([1]);
    replace(line(2) + line(1));
    expect(await changes.until(() => keys !== undefined, 8_000)).to.equal(true);
    expect(keys && bytesOf(keys)).to.deep.equal([2, 1]);
    replace('wrong');
    while (messages.length < 2) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(messages).to.deep.equal([
      'new session keys are in force',
      'the session keys are invalid; keeping the last good ones',
    ]);
    expect(keys && bytesOf(keys)).to.deep.equal([2, 1]);
    watch.close();
  }).timeout(20_000);

  it('must be valid at the start', () => {
    const folder = emptyFolder();
    const { log } = capturedLog();
    const failure = (file: string) => {
      try {
        watchSessionKeys(file, log, () => {}).close();
      } catch (error) {
        return error;
      }
      return undefined;
    };
    const missing = failure(join(folder, 'keys'));
    expect(missing).to.be.instanceOf(UserError).with.property('code', 'missing-file');
    writeFileSync(join(folder, 'keys'), '# none\n');
    expect(failure(join(folder, 'keys')))
      .to.be.instanceOf(UserError)
      .with.property('code', 'config');
  });
});
