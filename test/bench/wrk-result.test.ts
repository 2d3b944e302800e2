import { expect } from 'chai';
import { parseWrkOutput } from '../../bench/load/wrk-result.ts';

const RESULT =
  'result {"durationUs":5001234,"completed":1000,"issued":1016,"p50Us":812,"p99Us":3425,"maxUs":9000,' +
  '"status":0,"connect":0,"read":0,"write":0,"timeout":0}';

describe('parseWrkOutput', () => {
  it('finds the result in the output of wrk', () => {
    const output = `Running 5s test @ http://127.0.0.1:1/mcp\n  1000 requests in 5.00s\n${RESULT}\n`;
    expect(parseWrkOutput(output)).to.deep.equal({
      ...{ durationUs: 5001234, completed: 1000, issued: 1016, p50Us: 812, p99Us: 3425, maxUs: 9000 },
      ...{ status: 0, connect: 0, read: 0, write: 0, timeout: 0 },
    });
  });

  it('rejects output without a result and shows it', () => {
    expect(() => parseWrkOutput('unable to connect\n')).to.throw('wrk printed no result: unable to connect');
  });

  it('rejects a result without the number of error statuses', () => {
    expect(() => parseWrkOutput(RESULT.replace('"status":0,', ''))).to.throw('wrk printed no status');
  });
});
