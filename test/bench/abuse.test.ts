import { expect } from 'chai';
import { loadFlood } from '../../bench/abuse/find.ts';
import { measureFlood } from '../../bench/abuse/measure.ts';

describe('npm run abuse', function () {
  this.timeout(120_000);

  for (const name of ['half-requests', 'without-token']) {
    it(`measures a good caller beside a flood, and the processes: ${name}`, async () => {
      const outcome = await measureFlood(name, await loadFlood(name), 1);
      expect(outcome.before.answered).to.be.greaterThan(0);
      expect(outcome.during.answered).to.be.greaterThan(0);
      expect(Object.values(outcome.flood).reduce((sum, count) => sum + count, 0)).to.be.greaterThan(0);
      expect([...outcome.peaks.keys()]).to.include.members(['envoy', 'ext-authz-0', 'ext-proc-0', 'watcher']);
      expect([...outcome.cpu.keys()]).to.have.members([...outcome.peaks.keys()]);
      for (const [process, mib] of outcome.peaks) expect(mib, process).to.be.greaterThan(1);
      expect(outcome.ended).to.deep.equal([]);
    });
  }
});
