import { expect } from 'chai';
import { runs } from '../fixtures/replica-server/processes.ts';
import { bridgeTo, type TestBridge } from './support.ts';

const SESSIONS = 100;

describe('a bridge with a hundred sessions at the same time', function () {
  this.timeout(60_000);

  let bridge: TestBridge;

  before(async () => {
    bridge = await bridgeTo(['sh', 'test/fixtures/stdio-server/tiny.sh'], { maxSessions: SESSIONS });
  });
  after(() => bridge?.stop());

  it('serves each from its own process and leaves no process behind', async () => {
    const sessions = await Promise.all(Array.from({ length: SESSIONS }, () => bridge.open()));
    const pids = await Promise.all(
      sessions.map(async (session) => {
        const answers = await Promise.all([1, 2, 3].map(() => bridge.ask(session, 'anything')));
        for (const { id, result } of answers) expect(result?.id).to.equal(id);
        const own = new Set(answers.map(({ result }) => Number(result?.pid)));
        expect(own.size).to.equal(1);
        return [...own][0] ?? 0;
      }),
    );
    expect(new Set(pids).size).to.equal(SESSIONS);
    // The second half ends with the bridge.
    const half = sessions.slice(0, SESSIONS / 2);
    await Promise.all(half.map((session) => bridge.remove(session)));
    expect(pids.filter(runs)).to.have.length(SESSIONS / 2);
    await bridge.stop();
    expect(pids.filter(runs)).to.deep.equal([]);
  });
});
