import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { isChildOfNpm, untilShutdown } from '../../runtime/shutdown.ts';

const EVENTS = ['SIGTERM', 'SIGINT', 'SIGHUP', 'disconnect'];

describe('runtime/shutdown', () => {
  const before = new Map(EVENTS.map((name) => [name, process.rawListeners(name)]));
  afterEach(() => {
    for (const name of EVENTS) {
      for (const listener of process.rawListeners(name)) {
        if (!before.get(name)?.includes(listener)) process.off(name, listener as () => void);
      }
    }
  });

  it('happens when the parent ends, if that is enabled', async () => {
    let parent = 7;
    const shutdown = untilShutdown({ withParent: true, parentPid: () => parent });
    parent = 1;
    await shutdown;
  });

  it('with the parent is for processes of npx and of `npm start` in a checkout, not of other scripts', () => {
    const started = (script: string | undefined) => isChildOfNpm({ npm_lifecycle_script: script });
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'));
    for (const script of ['mcp-gateway', "'mcp-gateway'", scripts.start]) {
      expect(started(script), script).to.equal(true);
    }
    // Such a script may start a gateway in the background and end before it.
    for (const script of [undefined, '', 'mcp-gateway up &', 'node cli/bin.js up &', 'exec concurrently x']) {
      expect(started(script), script).to.equal(false);
    }
  });
});
