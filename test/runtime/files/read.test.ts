import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { isMissingFile, messageOf } from '../../../core/errors.ts';
import { MAX_FILE_BYTES, RejectedFile } from '../../../runtime/files/kind.ts';
import { readTextFile } from '../../../runtime/files/read.ts';
import { readTextFileSync } from '../../../runtime/files/read-sync.ts';
import { emptyFolder } from '../processes/folder.ts';

/** The error of a read; undefined if it succeeds. */
async function errorOf(read: () => unknown): Promise<unknown> {
  try {
    await read();
    return undefined;
  } catch (error) {
    return error;
  }
}

describe('runtime/files/read', () => {
  let folder: string;
  const path = (name: string) => join(folder, name);
  const server = createServer();

  before(async () => {
    folder = emptyFolder();
    execFileSync('mkfifo', [path('fifo')]);
    mkdirSync(path('folder'));
    writeFileSync(path('large'), 'x'.repeat(MAX_FILE_BYTES + 1));
    writeFileSync(path('largest'), 'x'.repeat(MAX_FILE_BYTES));
    writeFileSync(path('text'), 'tëxt\n');
    writeFileSync(path('empty'), '');
    symlinkSync('text', path('link'));
    symlinkSync('fifo', path('link-to-fifo'));
    symlinkSync('/dev/zero', path('link-to-zero'));
    symlinkSync('link-to-itself', path('link-to-itself'));
    await new Promise<void>((resolve) => server.listen(path('socket'), resolve));
  });
  after(() => server.close());

  for (const [name, read] of [
    ['readTextFile', readTextFile],
    ['readTextFileSync', readTextFileSync],
  ] as const) {
    describe(name, () => {
      for (const file of ['text', 'link']) {
        it(`reads ${file}`, async () => expect(await read(path(file))).to.equal('tëxt\n'));
      }

      it('reads an empty file, a file of the largest size, and a file without a size', async () => {
        expect(await read(path('empty'))).to.equal('');
        expect(await read(path('largest'))).to.have.length(MAX_FILE_BYTES);
        if (process.platform === 'linux') expect(await read('/proc/self/maps')).to.have.length.greaterThan(4_096);
      });

      for (const [file, why] of [
        ['fifo', 'it is a FIFO, not a regular file'],
        ['link-to-fifo', 'it is a FIFO, not a regular file'],
        ['folder', 'it is a folder, not a regular file'],
        ['socket', 'it is a socket, not a regular file'],
        ['link-to-zero', 'it is a device, not a regular file'],
        ['large', `it is larger than ${MAX_FILE_BYTES} bytes`],
      ] as const) {
        it(`rejects ${file}`, async () => {
          const error = await errorOf(() => read(path(file)));
          expect(error).to.be.instanceOf(RejectedFile);
          expect(messageOf(error)).to.equal(why);
        });
      }

      it('throws for a missing file and for a link to itself', async () => {
        expect(isMissingFile(await errorOf(() => read(path('none'))))).to.equal(true);
        expect(await errorOf(() => read(path('link-to-itself')))).to.have.property('code', 'ELOOP');
      });
    });
  }

  describe('within a folder', () => {
    it('rejects links that lead out of it, directly or through other links', async () => {
      const inner = path('inner');
      mkdirSync(join(inner, 'deeper'), { recursive: true });
      mkdirSync(path('inner-sibling'));
      writeFileSync(path('inner-sibling/text'), '');
      symlinkSync('../text', join(inner, 'out'));
      symlinkSync('../inner-sibling/text', join(inner, 'sibling'));
      symlinkSync('deeper/out', join(inner, 'twice'));
      symlinkSync('../../text', join(inner, 'deeper', 'out'));
      symlinkSync('..', join(inner, 'up'));
      symlinkSync('up/text', join(inner, 'through'));
      for (const name of ['out', 'sibling', 'twice', 'through']) {
        const error = await errorOf(() => readTextFile(join(inner, name), { within: inner }));
        expect(error, name).to.be.instanceOf(RejectedFile);
        expect(messageOf(error)).to.match(/^it is a link out of its folder, to /);
      }
    });

    it('follows the links of a mounted ConfigMap, also while they are replaced', async () => {
      const mount = path('mount');
      mkdirSync(mount);
      const publish = (version: number) => {
        mkdirSync(join(mount, `..${version}`));
        writeFileSync(join(mount, `..${version}`, 'a.yaml'), String(version));
        symlinkSync(`..${version}`, join(mount, '..data_tmp'));
        renameSync(join(mount, '..data_tmp'), join(mount, '..data'));
        rmSync(join(mount, `..${version - 1}`), { recursive: true, force: true });
      };
      publish(0);
      symlinkSync('..data/a.yaml', join(mount, 'a.yaml'));
      symlinkSync(mount, path('link-to-mount'));
      for (let version = 1; version <= 200; version++) {
        const read = readTextFile(join(path('link-to-mount'), 'a.yaml'), { within: path('link-to-mount') });
        publish(version);
        expect(Number(await read)).to.be.within(version - 1, version);
      }
    });
  });
});
