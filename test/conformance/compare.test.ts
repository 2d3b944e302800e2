import { expect } from 'chai';
import { compareResults } from './compare.ts';
import type { Check } from './suite.ts';

const success = (id: string): Check => ({ id, status: 'SUCCESS' });
const failure = (id: string, errorMessage: string): Check => ({ id, status: 'FAILURE', errorMessage });

describe('compareResults', () => {
  it('finds no difference in equal results, regardless of messages and the order of scenarios', () => {
    const direct = new Map([
      ['ping', [success('ping')]],
      ['tasks', [failure('create', 'http://127.0.0.1:1/mcp')]],
    ]);
    const gateway = new Map([
      ['tasks', [failure('create', 'http://127.0.0.1:2/mcp')]],
      ['ping', [success('ping')]],
    ]);
    expect(compareResults(direct, gateway)).to.deep.equal([]);
  });

  it('reports a check with another result, with every occurrence', () => {
    const direct = new Map([['headers', [success('reject'), success('reject')]]]);
    const gateway = new Map([['headers', [success('reject'), failure('reject', 'accepted')]]]);
    expect(compareResults(direct, gateway)).to.deep.equal([
      { scenario: 'headers', check: 'reject', direct: 'SUCCESS SUCCESS', gateway: 'SUCCESS FAILURE' },
    ]);
  });

  it('reports scenarios and checks that only one run has', () => {
    const direct = new Map([
      ['caching', [success('lists'), success('reads')]],
      ['ping', [success('ping')]],
    ]);
    const gateway = new Map([['caching', [success('lists')]]]);
    expect(compareResults(direct, gateway)).to.deep.equal([
      { scenario: 'caching', check: 'reads', direct: 'SUCCESS', gateway: 'absent' },
      { scenario: 'ping', check: 'ping', direct: 'SUCCESS', gateway: 'absent' },
    ]);
  });
});
