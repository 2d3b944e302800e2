import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, constants, openSync, readFileSync, readSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { LineWriter, type LogState } from '../../../runtime/logs/line-writer.ts';
import { emptyFolder } from '../processes/folder.ts';

const FULL = '/dev/full';

/** Writes what waits, either way. */
const WAYS = {
  flush: async (writer: LineWriter) => {
    writer.flush();
    await writer.settled();
  },
  flushSync: async (writer: LineWriter) => writer.flushSync(),
} as const;

describe('runtime/logs/line-writer', () => {
  const folder = emptyFolder();
  const open: number[] = [];
  const opened = (path: string, flags: string | number = 'a') => {
    open.push(openSync(path, flags));
    return open.at(-1) ?? 0;
  };
  after(() => {
    for (const descriptor of open) closeSync(descriptor);
  });

  for (const [way, flush] of Object.entries(WAYS)) {
    describe(way, () => {
      it('writes nothing if there is nothing, and then all lines in order', async () => {
        const file = join(folder, `${way}.log`);
        const descriptor = opened(file);
        const writer = new LineWriter({ descriptor: () => descriptor });
        await flush(writer);
        for (const line of ['a\n', 'bö\n', 'c\n']) writer.add(line);
        await flush(writer);
        writer.add('d\n');
        await flush(writer);
        expect(readFileSync(file, 'utf8')).to.equal('a\nbö\nc\nd\n');
        expect(writer.state).to.deep.equal({ lost: 0, failure: undefined });
      });

      it('keeps lines while the disk is full, and reports only the changes', async () => {
        const file = join(folder, `full-${way}.log`);
        let descriptor = opened(FULL, 'w');
        const states: LogState[] = [];
        const writer = new LineWriter({ descriptor: () => descriptor, onChange: (state) => states.push(state) });
        for (const line of ['a\n', 'b\n', 'c\n']) {
          writer.add(line);
          await flush(writer);
        }
        expect(writer.state.failure).to.match(/^ENOSPC/);
        descriptor = opened(file);
        await flush(writer);
        expect(readFileSync(file, 'utf8').split('\n').filter(Boolean)).to.deep.equal(['a', 'b', 'c']);
        expect(states.map(({ lost, failure }) => [lost, failure?.slice(0, 6)])).to.deep.equal([
          [0, 'ENOSPC'],
          [0, undefined],
        ]);
      });

      it('does not throw if there is no descriptor', async () => {
        const writer = new LineWriter({
          descriptor: () => {
            throw new Error('none');
          },
        });
        writer.add('a\n');
        await flush(writer);
        expect(writer.state).to.deep.equal({ lost: 0, failure: 'none' });
      });

      it('counts lines that would be too many to wait', async () => {
        const descriptor = opened(FULL, 'w');
        const writer = new LineWriter({ descriptor: () => descriptor, maxWaiting: 10 });
        for (let count = 0; count < 10; count++) {
          writer.add('abc\n');
          await flush(writer);
        }
        expect(writer.waiting).to.be.within(8, 12);
        expect(writer.state.lost).to.equal(8);
      });

      it('takes a pipe that is full for slow and not for broken, and then one without a reader for broken', async () => {
        const fifo = join(folder, `${way}.fifo`);
        execFileSync('mkfifo', [fifo]);
        const reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
        const descriptor = opened(fifo, constants.O_WRONLY | constants.O_NONBLOCK);
        const writer = new LineWriter({ descriptor: () => descriptor });
        const lines = Array.from({ length: 2_000 }, (_, index) => `${index} ${'x'.repeat(90)}`);
        for (const line of lines) writer.add(`${line}\n`);
        let read = '';
        const buffer = Buffer.alloc(30_000);
        while (writer.waiting > 0) {
          await flush(writer);
          expect(writer.state.failure).to.equal(undefined);
          read += buffer.toString('utf8', 0, readSync(reader, buffer));
        }
        closeSync(reader);
        expect(lines.join('\n').startsWith(read.slice(0, -1))).to.equal(true);
        writer.add('a\n');
        await flush(writer);
        expect(writer.state.failure).to.match(/^EPIPE/);
      });
    });
  }

  it('loses only the line that is torn when a file may not grow, and goes on with whole lines', () => {
    const file = join(folder, 'limited.log');
    const module = JSON.stringify(join(import.meta.dirname, '../../../runtime/logs/line-writer.ts'));
    const program = `
      import { openSync } from 'node:fs';
      const { LineWriter } = await import(${module});
      const files = [openSync('${file}', 'a'), 1];
      let descriptor = files[0];
      const writer = new LineWriter({ descriptor: () => descriptor });
      for (let n = 0; n < 100; n++) writer.add(n + ' ' + 'x'.repeat(60) + '\\n');
      writer.flushSync();
      const failing = writer.state;
      descriptor = files[1];
      writer.flushSync();
      console.error(JSON.stringify([failing, writer.state]));`;
    writeFileSync(join(folder, 'limited.mjs'), program);
    // The unit of the limit is 512 bytes or 1 KiB, depending on the shell. It does not hold for pipes.
    const shell = 'ulimit -f 2 && exec "$0" "$1"';
    const { stdout, stderr, status } = spawnSync('sh', ['-c', shell, process.execPath, join(folder, 'limited.mjs')], {
      encoding: 'utf8',
    });
    expect(status).to.equal(0);
    const [failing, after] = JSON.parse(stderr) as [LogState, LogState];
    expect(failing).to.deep.include({ lost: 1 });
    expect(failing.failure).to.match(/^EFBIG/);
    expect(after.lost).to.equal(1);
    expect(after.failure).to.equal(undefined);
    const numbers = (text: string) => [...text.matchAll(/^(\d+) x{60}$/gm)].map(([, n]) => Number(n));
    const [before, next] = [numbers(readFileSync(file, 'utf8')), numbers(stdout)];
    const torn = before.length;
    expect(torn).to.be.greaterThan(10);
    expect(before).to.deep.equal(Array.from({ length: torn }, (_, n) => n));
    expect(next).to.deep.equal(Array.from({ length: 99 - torn }, (_, n) => torn + 1 + n));
  });
});
