import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Child, startChild } from '../../../runtime/processes/child.ts';
import { startMark } from '../../../runtime/processes/identity.ts';
import { endLeftovers, forgetChild, recordChild } from '../../../runtime/processes/leftovers.ts';
import { emptyFolder } from './folder.ts';
import { Output } from './output.ts';

describe('runtime/processes/leftovers', () => {
  const running: Child[] = [];
  const warnings: string[] = [];
  const log = { warn: (_data: unknown, text: string) => warnings.push(text) } as unknown as Parameters<
    typeof endLeftovers
  >[1];
  let file = '';

  const start = async (name: string, script = 'exec sleep 600'): Promise<{ child: Child; output: Output }> => {
    const output = new Output();
    const child = await startChild({ name, command: ['sh', '-c', script], onLine: output.onLine });
    running.push(child);
    return { child, output };
  };

  beforeEach(() => {
    file = join(emptyFolder(), 'state', 'children.json');
    warnings.length = 0;
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((child) => child.stop(0)));
  });

  it('ends the groups of recorded children that were not forgotten', async () => {
    const { child: left, output } = await start('envoy', `trap '' TERM; sleep 600 & echo $!; wait; sleep 600`);
    const { child: kept } = await start('kept');
    const grandchild = Number(await output.first());
    recordChild(file, left);
    recordChild(file, kept);
    forgetChild(file, kept.pid);

    const ended = await endLeftovers(file, log, { graceMs: 100 });
    expect(ended.map(({ pid, name }) => ({ pid, name }))).to.deep.equal([{ pid: left.pid, name: 'envoy' }]);
    expect(startMark(left.pid)).to.equal(undefined);
    expect(startMark(grandchild)).to.equal(undefined);
    expect(startMark(kept.pid)).to.be.a('string');
    expect(warnings).to.have.length(1);
    expect(warnings[0]).to.include('envoy').and.include(String(left.pid));
    expect(existsSync(file)).to.equal(false);
  });

  it('does not end a process with the recorded pid but another start time', async () => {
    const { child } = await start('other');
    recordChild(file, child);
    const records = JSON.parse(readFileSync(file, 'utf8'));
    writeFileSync(file, JSON.stringify([{ ...records[0], start: `${records[0].start}0` }]));
    expect(await endLeftovers(file, log)).to.deep.equal([]);
    expect(startMark(child.pid)).to.be.a('string');
  });

  for (const [what, content] of [
    ['text that is not JSON', '[{"pid":'],
    ['an object', '{"pid":1}'],
    [
      'pids that stand for a group or for every process',
      `[{"pid":-1,"start":"x","name":"x"},{"pid":0,"start":"x","name":"x"},null]`,
    ],
  ]) {
    it(`ignores a record file with ${what}`, async () => {
      const { child } = await start('known');
      recordChild(file, child);
      writeFileSync(file, content ?? '');
      expect(await endLeftovers(file, log)).to.deep.equal([]);
    });
  }

  it('does nothing without a record file', async () => {
    expect(await endLeftovers(file, log)).to.deep.equal([]);
  });

  it('ends the children of a parent that was killed', async () => {
    const output = new Output();
    const at = (name: string): URL => new URL(`../../../runtime/processes/${name}.ts`, import.meta.url);
    const script = `const { superviseChild } = await import('${at('supervisor')}');
      const spec = () => ({ name: 'orphan', command: ['sleep', '600'] });
      superviseChild(spec, { recordFile: ${JSON.stringify(file)}, onState: (s) => s.pid && console.log(s.pid) });`;
    const parent = await startChild({
      name: 'parent',
      command: [process.execPath, '--input-type=module', '-e', script],
      onLine: output.onLine,
    });
    running.push(parent);
    const orphan = Number(await output.first());
    process.kill(parent.pid, 'SIGKILL');
    await parent.exited;
    expect(startMark(orphan), 'the orphan has its own group and outlives its parent').to.be.a('string');
    expect(await endLeftovers(file, log)).to.have.length(1);
    expect(startMark(orphan)).to.equal(undefined);
  });
});
