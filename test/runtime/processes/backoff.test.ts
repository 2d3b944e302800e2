import { expect } from 'chai';
import { backoffDelayMs, countFailures, DEFAULT_BACKOFF } from '../../../runtime/processes/backoff.ts';

describe('runtime/processes/backoff', () => {
  it('doubles from the initial wait up to the maximum', () => {
    const longest = [1, 2, 3, 8, 9, 50, 5000].map((failures) => backoffDelayMs(failures, DEFAULT_BACKOFF, 1));
    expect(longest).to.deep.equal([200, 400, 800, 25_600, 30_000, 30_000, 30_000]);
  });

  it('makes half of the wait random', () => {
    const shortest = [1, 2, 3, 8, 9].map((failures) => backoffDelayMs(failures, DEFAULT_BACKOFF, 0));
    expect(shortest).to.deep.equal([100, 200, 400, 12_800, 15_000]);
    expect(backoffDelayMs(1, DEFAULT_BACKOFF, 0.5)).to.equal(150);
  });

  it('counts short runs, and starts from one after a long run', () => {
    expect(countFailures(0, 10, DEFAULT_BACKOFF)).to.equal(1);
    expect(countFailures(3, 59_999, DEFAULT_BACKOFF)).to.equal(4);
    expect(countFailures(3, 60_000, DEFAULT_BACKOFF)).to.equal(1);
  });
});
