import { expect } from 'chai';
import { quotaDenial, rateLimitHeaders } from '../../../core/quota/answer.ts';
import { answerAt } from '../../../core/quota/bucket.ts';
import type { BucketAsk } from '../../../core/quota/plan.ts';

const TENANT: BucketAsk = {
  key: 'tenant',
  name: 'tenant',
  limit: { requests: 1000, periodMs: 3_600_000, burst: 500 },
  cost: 1,
};
const USER: BucketAsk = {
  ...TENANT,
  key: 'user:u',
  name: 'user',
  limit: { requests: 10, periodMs: 60_000, burst: 10 },
};

describe('core/quota/answer', () => {
  it('describes each bucket of a request that passes', () => {
    const answers = [
      { remaining: 499, waitMs: 0, fullMs: 3_600 },
      { remaining: 0, waitMs: 0, fullMs: 60_000 },
    ];
    expect(rateLimitHeaders([TENANT, USER], { allowed: true, answers })).to.deep.equal({
      'ratelimit-policy': '"tenant";q=500;w=1800, "user";q=10;w=60',
      ratelimit: '"tenant";r=499;t=4, "user";r=0;t=60',
    });
    expect(rateLimitHeaders([], { allowed: true, answers: [] })).to.deep.equal({});
  });

  it('names the bucket that takes longest, and rounds up', () => {
    const answers = [
      { remaining: 0, waitMs: 2_001, fullMs: 1_800_000 },
      { remaining: 0, waitMs: 5_999, fullMs: 60_000 },
    ];
    const denial = quotaDenial('red', [TENANT, USER], { allowed: false, answers });
    expect(denial.status).to.equal(429);
    expect(denial.error).to.deep.equal({
      code: -32013,
      message: 'The quota of user is used up; try again in 6 s',
      data: { tenant: 'red', bucket: 'user', retryAfterSeconds: 6 },
    });
    expect(denial.headers).to.deep.include({ 'retry-after': '6', ratelimit: '"tenant";r=0;t=3, "user";r=0;t=6' });
  });

  it('omits buckets that were not asked', () => {
    const answers = [undefined, { remaining: 0, waitMs: 1, fullMs: 60_000 }];
    const denial = quotaDenial('red', [TENANT, USER], { allowed: false, answers });
    expect(denial.error.data).to.deep.equal({ tenant: 'red', bucket: 'user', retryAfterSeconds: 1 });
    expect(denial.headers).to.deep.include({ 'retry-after': '1', ratelimit: '"user";r=0;t=1' });
  });

  it('says that a request will never pass, without Retry-After, whatever the other buckets answer', () => {
    const costly = { ...USER, cost: 11 };
    const full = { remaining: 10, waitMs: Number.POSITIVE_INFINITY, fullMs: 0 };
    const answers = [{ remaining: 0, waitMs: 9_000, fullMs: 9_000 }, full];
    const denial = quotaDenial('red', [{ ...TENANT, cost: 11 }, costly], { allowed: false, answers });
    expect(denial.status).to.equal(429);
    expect(denial.error).to.deep.equal({
      code: -32013,
      message: 'This request costs 11, but the quota of user holds at most 10',
      data: { tenant: 'red', bucket: 'user', retryAfterSeconds: null, cost: 11, burst: 10 },
    });
    expect(denial.headers).to.not.have.property('retry-after');
    expect(denial.headers.ratelimit).to.equal('"tenant";r=0;t=9, "user";r=10');
    expect(answerAt(0, costly.limit, costly.cost)).to.deep.equal(full);
  });
});
