import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { ServerProcess } from '../../bridge/server-process.ts';
import { createLogger } from '../../runtime/log.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';

const LINES = 2_000;
const script = `for (let n = 0; n < ${LINES}; n++) console.log(n + ' ' + 'x'.repeat(9000)); process.stdin.resume()`;

describe('bridge/server-process', () => {
  it('stops reading while onLine waits, and loses no line', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const lines: string[] = [];
    const server = await ServerProcess.start(
      {
        command: [process.execPath, '-e', script],
        env: { PATH: process.env.PATH },
        maxMessageBytes: 100_000,
        graceMs: 1_000,
        recordFile: undefined,
      },
      {
        name: 'flood',
        log: createLogger({ name: 'test', level: 'silent' }),
        onLine: (line) => {
          lines.push('text' in line ? line.text : '');
          return held;
        },
      },
    );
    try {
      await eventually(
        () => lines.length,
        (count) => count > 0,
      );
      // Enough time to read more if reading did not stop. A slower machine only reads less in it.
      await sleep(300);
      expect(lines.length).to.be.below(100);
      release();
      await eventually(
        () => lines.length,
        (count) => count === LINES,
      );
      expect(lines.map((line) => Number.parseInt(line, 10))).to.deep.equal([...Array(LINES).keys()]);
    } finally {
      await server.end();
    }
  });
});
