import { expect } from 'chai';
import { describeExit, startChild } from '../../../runtime/processes/child.ts';
import { groupAlive } from '../../../runtime/processes/group.ts';
import { startMark } from '../../../runtime/processes/identity.ts';
import { eventually } from '../../fixtures/replica-server/waiting.ts';
import { emptyFolder } from './folder.ts';
import { Output } from './output.ts';

const nodeScript = (script: string): string[] => [process.execPath, '-e', script];

describe('runtime/processes/child', () => {
  it('reports the lines of both streams, including a last line without a line break', async () => {
    const output = new Output();
    const child = await startChild({
      name: 'talker',
      command: nodeScript(`console.log('one\\ntwo'); console.error('oops'); process.stdout.write('rest')`),
      onLine: output.onLine,
    });
    expect(await child.exited).to.deep.equal({ code: 0, signal: null });
    expect(output.of('stdout')).to.deep.equal(['one', 'two', 'rest']);
    expect(output.of('stderr')).to.deep.equal(['oops']);
  });

  it('has exactly the environment and the working directory of the spec', async () => {
    const output = new Output();
    const cwd = emptyFolder();
    const script = `console.log(process.cwd(), process.env.PORT, process.env.HOME)`;
    const child = await startChild({
      name: 'env',
      command: nodeScript(script),
      cwd,
      env: { PORT: '8123' },
      onLine: output.onLine,
    });
    await child.exited;
    expect(output.of('stdout')).to.deep.equal([`${cwd} 8123 undefined`]);
  });

  it('reports the exit code or the signal', async () => {
    const failed = await startChild({ name: 'failing', command: nodeScript('process.exit(3)') });
    expect(describeExit(await failed.exited)).to.equal('exit code 3');
    const killed = await startChild({ name: 'killed', command: ['sleep', '60'] });
    process.kill(killed.pid, 'SIGKILL');
    expect(describeExit(await killed.exited)).to.equal('signal SIGKILL');
  });

  it('lets a child end by itself on SIGTERM', async () => {
    const output = new Output();
    const script = `process.on('SIGTERM', () => { console.log('draining'); process.exit(0) }); setInterval(() => {}, 1000); console.log('up')`;
    const child = await startChild({ name: 'polite', command: nodeScript(script), onLine: output.onLine });
    await output.has('up');
    expect(await child.stop(30_000)).to.deep.equal({ code: 0, signal: null });
    expect(output.of('stdout')).to.deep.equal(['up', 'draining']);
  });

  it('kills the process group of a child that ignores SIGTERM', async () => {
    const output = new Output();
    const child = await startChild({
      name: 'stubborn',
      command: ['sh', '-c', `trap '' TERM; sleep 600 & echo $!; wait; wait; sleep 600`],
      onLine: output.onLine,
    });
    const grandchild = Number(await output.first());
    expect(startMark(grandchild)).to.be.a('string');
    expect(await child.stop(100)).to.deep.equal({ code: null, signal: 'SIGKILL' });
    expect(startMark(grandchild)).to.equal(undefined);
    expect(groupAlive(child.pid)).to.equal(false);
  });

  it('waits for processes of the group that end later than the child', async () => {
    const output = new Output();
    const slow = `trap 'sleep 0.3; echo late; exit' TERM; echo up; while :; do sleep 0.05; done`;
    const child = await startChild({
      name: 'leader',
      command: ['sh', '-c', `sh -c "${slow}" & wait`],
      onLine: output.onLine,
    });
    await output.has('up');
    expect(await child.stop(30_000)).to.deep.equal({ code: null, signal: 'SIGTERM' });
    expect(groupAlive(child.pid)).to.equal(false);
    expect(output.of('stdout')).to.deep.equal(['up', 'late']);
  });

  it('ends the wait of an earlier stop when another stop has a shorter grace period', async () => {
    const output = new Output();
    const child = await startChild({
      name: 'slow',
      command: ['sh', '-c', `trap '' TERM; echo up; sleep 600`],
      onLine: output.onLine,
    });
    await output.has('up');
    const first = child.stop(600_000);
    expect(await child.stop(0)).to.deep.equal({ code: null, signal: 'SIGKILL' });
    expect(await first).to.deep.equal({ code: null, signal: 'SIGKILL' });
  });

  it('kills the rest of the group of a child that crashed', async () => {
    const output = new Output();
    const child = await startChild({
      name: 'crasher',
      command: ['sh', '-c', 'sleep 600 & echo $!; wait'],
      onLine: output.onLine,
    });
    const grandchild = Number(await output.first());
    process.kill(child.pid, 'SIGKILL');
    await child.exited;
    // It has been killed, but the kernel may need a moment to remove it.
    await eventually(
      () => startMark(grandchild),
      (mark) => mark === undefined,
    );
    expect(await child.stop(0)).to.deep.equal({ code: null, signal: 'SIGKILL' });
  });

  it('is killed when its parent exits without stopping it', async () => {
    const output = new Output();
    const module = new URL('../../../runtime/processes/child.ts', import.meta.url);
    const script = `const { startChild } = await import('${module}');
      const child = await startChild({ name: 'orphan', command: ['sleep', '600'] });
      console.log(child.pid);
      throw new Error('bug');`;
    const parent = await startChild({
      name: 'parent',
      command: [process.execPath, '--input-type=module', '-e', script],
      onLine: output.onLine,
    });
    const orphan = Number(await output.first());
    expect(await parent.exited).to.deep.equal({ code: 1, signal: null });
    await output.until(() => startMark(orphan) === undefined);
  });

  it('has pipes, and ignores writes to a child that is gone', async () => {
    const output = new Output();
    const child = await startChild({
      name: 'cat',
      command: ['sh', '-c', 'echo aside >&2; cat'],
      pipes: true,
      onLine: output.onLine,
    });
    child.pipes?.stdin.end('there and back');
    expect(Buffer.concat((await child.pipes?.stdout.toArray()) ?? []).toString()).to.equal('there and back');
    expect(await child.exited).to.deep.equal({ code: 0, signal: null });
    expect([output.of('stdout'), output.of('stderr')]).to.deep.equal([[], ['aside']]);
    const gone = await startChild({ name: 'gone', command: ['true'], pipes: true });
    await gone.exited;
    gone.pipes?.stdin.write('nobody');
    expect((await startChild({ name: 'plain', command: ['true'] })).pipes).to.equal(undefined);
  });

  it('exchanges messages over the channel', async () => {
    const answers: unknown[] = [];
    const child = await startChild({
      name: 'echo',
      command: nodeScript(`process.on('message', (m) => { process.send({ echo: m }); process.disconnect() })`),
      ipc: true,
      onMessage: (message) => answers.push(message),
    });
    expect(child.send({ n: 1 })).to.equal(true);
    expect(await child.exited).to.deep.equal({ code: 0, signal: null });
    expect(answers).to.deep.equal([{ echo: { n: 1 } }]);
    expect(child.send({ n: 2 })).to.equal(false);
  });
});
