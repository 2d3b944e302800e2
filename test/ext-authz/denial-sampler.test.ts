import { expect } from 'chai';
import fc from 'fast-check';
import { DenialSampler } from '../../ext-authz/denial-sampler.ts';

describe('ext-authz/denial-sampler', () => {
  it('admits the lines of a minute at once, then so many per second, and counts the others', () => {
    const sampler = new DenialSampler();
    const admitted = (count: number, nowMs: number) =>
      Array.from({ length: count }, () => sampler.admit('invalid-token', 2, nowMs)).filter(Boolean).length;
    expect(admitted(200, 0)).to.equal(120);
    expect(admitted(10, 500)).to.equal(1);
    expect(admitted(10, 10_500)).to.equal(10);
    expect(admitted(30, 10_500)).to.equal(10);
    expect(sampler.take()).to.deep.equal([{ event: 'denials-omitted', reason: 'invalid-token', count: 109 }]);
    expect(sampler.take()).to.deep.equal([]);
    expect(sampler.total).to.equal(109);
  });

  it('has a budget for each reason, and none if there may be none', () => {
    const sampler = new DenialSampler();
    for (let count = 0; count < 60; count++) expect(sampler.admit('bad-request', 1, 0)).to.equal(true);
    expect(sampler.admit('bad-request', 1, 0)).to.equal(false);
    expect(sampler.admit('unauthenticated', 1, 0)).to.equal(true);
    expect(sampler.admit('forbidden-edge', 0, 0)).to.equal(false);
  });

  it('never admits more than a minute and the time since, also if the clock goes back, and loses no count', () => {
    const steps = fc.array(fc.integer({ min: -5_000, max: 5_000 }), { maxLength: 300 });
    fc.assert(
      fc.property(steps, fc.integer({ min: 0, max: 3 }), (waits, perSecond) => {
        const sampler = new DenialSampler();
        let [nowMs, forwardMs, admitted] = [0, 0, 0];
        for (const wait of waits) {
          nowMs += wait;
          forwardMs += Math.max(0, wait);
          if (sampler.admit('r', perSecond, nowMs)) admitted += 1;
        }
        const counted = sampler.take().reduce((sum, { count }) => sum + count, 0);
        return admitted + counted === waits.length && admitted <= perSecond * (60 + forwardMs / 1_000);
      }),
    );
  });
});
