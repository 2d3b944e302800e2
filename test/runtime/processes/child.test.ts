import { expect } from 'chai';
import { type ChildSpec, describeExit, startChild } from '../../../runtime/processes/child.ts';
import { groupAlive } from '../../../runtime/processes/group.ts';
import { startMark } from '../../../runtime/processes/identity.ts';
import { eventually } from '../../fixtures/replica-server/waiting.ts';
import { emptyFolder } from './folder.ts';
import { Output } from './output.ts';
import { rejection } from './rejection.ts';

const nodeScript = (script: string): string[] => [process.execPath, '-e', script];

describe('runtime/processes/child', () => {
  it('hands on the lines of both streams, also the last without a line end', async () => {
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

  it('gives exactly the environment and the folder of the spec', async () => {
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

  it('tells the exit code and the signal', async () => {
    const failed = await startChild({ name: 'failing', command: nodeScript('process.exit(3)') });
    expect(describeExit(await failed.exited)).to.equal('exit code 3');
    const killed = await startChild({ name: 'killed', command: ['sleep', '60'] });
    process.kill(killed.pid, 'SIGKILL');
    expect(describeExit(await killed.exited)).to.equal('signal SIGKILL');
  });

  for (const [what, spec, message] of [
    [
      'a missing program',
      { command: ['no-such-program'] },
      'cannot start x: the program no-such-program was not found',
    ],
    [
      'a file that is no program',
      { command: ['/etc/passwd'] },
      'cannot start x: the program /etc/passwd may not be executed',
    ],
    [
      'a missing folder',
      { command: ['true'], cwd: '/no/such' },
      'cannot start x: the working directory /no/such does not exist',
    ],
  ] satisfies [string, Omit<ChildSpec, 'name'>, string][]) {
    it(`says so about ${what}`, async () => {
      expect(await rejection(startChild({ name: 'x', ...spec }))).to.have.property('message', message);
    });
  }

  it('lets a child end by itself on SIGTERM', async () => {
    const output = new Output();
    const script = `process.on('SIGTERM', () => { console.log('draining'); process.exit(0) }); setInterval(() => {}, 1000); console.log('up')`;
    const child = await startChild({ name: 'polite', command: nodeScript(script), onLine: output.onLine });
    await output.has('up');
    expect(await child.stop(30_000)).to.deep.equal({ code: 0, signal: null });
    expect(output.of('stdout')).to.deep.equal(['up', 'draining']);
  });

  it('kills a child that ignores SIGTERM, with what it started', async () => {
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

  it('waits for what the child started, when that ends later than the child', async () => {
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

  it('a second stop with a shorter grace ends the wait of the first', async () => {
    const output = new Output();
    const child = await startChild({
      name: 'slow',
      command: ['sh', '-c', `trap '' TERM; echo up; sleep 600`],
      onLine: output.onLine,
    });
    await output.has('up');
    const patient = child.stop(600_000);
    expect(await child.stop(0)).to.deep.equal({ code: null, signal: 'SIGKILL' });
    expect(await patient).to.deep.equal({ code: null, signal: 'SIGKILL' });
  });

  it('kills what a child that crashed left in its group', async () => {
    const output = new Output();
    const child = await startChild({
      name: 'crasher',
      command: ['sh', '-c', 'sleep 600 & echo $!; wait'],
      onLine: output.onLine,
    });
    const grandchild = Number(await output.first());
    process.kill(child.pid, 'SIGKILL');
    await child.exited;
    // It is killed by then; the system needs a moment to take it away.
    await eventually(
      () => startMark(grandchild),
      (mark) => mark === undefined,
    );
    expect(await child.stop(0)).to.deep.equal({ code: null, signal: 'SIGKILL' });
  });

  it('ends its children when the parent ends without stopping them', async () => {
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

  it('opens the pipes of a child, and swallows writing to one that is gone', async () => {
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

  it('talks over the channel', async () => {
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
