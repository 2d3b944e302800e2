import { expect } from 'chai';
import { sampleOf } from '../../bench/load/sample.ts';

const CLEAN = {
  ...{ durationUs: 2_000_000, completed: 1000, issued: 1016, p50Us: 812, p99Us: 3425, maxUs: 9000 },
  ...{ status: 0, connect: 0, read: 0, write: 0, timeout: 0 },
};

describe('sampleOf', () => {
  it('has rates per second and latencies in milliseconds', () => {
    expect(sampleOf(CLEAN, 16, { upstream: 1016 })).to.deep.equal({
      requestsPerSecond: 500,
      p50Ms: 0.812,
      p99Ms: 3.425,
      problems: [],
    });
  });

  for (const [field, problem] of [
    ['status', '3 responses with an error status'],
    ['connect', '3 failed connects'],
    ['read', '3 failed reads'],
    ['write', '3 failed writes'],
    ['timeout', '3 timeouts'],
  ] as const) {
    it(`reports ${problem}`, () => {
      expect(sampleOf({ ...CLEAN, [field]: 3 }, 16, { upstream: 1016 }).problems).to.deep.equal([problem]);
    });
  }

  it('reports requests that were sent and are neither answered nor in flight', () => {
    const { problems } = sampleOf({ ...CLEAN, issued: 1020 }, 16, { upstream: 1020 });
    expect(problems).to.deep.equal(['4 requests without a response']);
  });

  it('reports responses that did not come from the upstream', () => {
    expect(sampleOf(CLEAN, 16, { upstream: 990 }).problems).to.deep.equal([
      '10 responses that the upstream did not send',
    ]);
  });

  it('reports requests that bypassed the quota', () => {
    const { problems } = sampleOf(CLEAN, 16, { upstream: 1000, quota: 999 });
    expect(problems).to.deep.equal(['1 requests that the quota did not count']);
  });

  it('reports that there was no response', () => {
    const { problems } = sampleOf({ ...CLEAN, completed: 0, issued: 16 }, 16, { upstream: 0 });
    expect(problems).to.deep.equal(['no response at all']);
  });
});
