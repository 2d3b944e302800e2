import { expect } from 'chai';
import { median, summarize } from '../../bench/report/summary.ts';
import { renderTables } from '../../bench/report/tables.ts';

const sample = (requestsPerSecond: number, p50Ms: number, ...problems: string[]) => ({
  ...{ requestsPerSecond, p50Ms, p99Ms: p50Ms * 10, problems },
});

const cells = [
  { chain: 'router-only', connections: 1, samples: [sample(5000, 0.25), sample(4000, 0.2), sample(4500, 0.3)] },
  { chain: 'native-chain', connections: 1, samples: [sample(1500, 1), sample(1500, 1), sample(1500, 1)] },
  { chain: 'gateway', connections: 1, samples: [sample(1800, 0.75), sample(1800, 0.75), sample(1800, 0.75)] },
].map(summarize);

const row = (table: string, chain: string) =>
  table
    .split('\n')
    .find((line) => line.startsWith(`| ${chain} `))
    ?.split('|')
    .map((cell) => cell.trim())
    .slice(1, -1);

describe('median', () => {
  it('is the middle value, regardless of the order', () => expect(median([9, 1, 5])).to.equal(5));
  it('is the mean of the two in the middle', () => expect(median([4, 1, 2, 9])).to.equal(3));
  it('does not sort as text', () => expect(median([100, 20, 3])).to.equal(20));
});

describe('the report', () => {
  it('shows medians, the range and both ratios', () => {
    const table = renderTables(cells);
    expect(row(table, 'router-only')).to.deep.equal([
      'router-only',
      '4,500',
      '4,000 to 5,000',
      '0.25',
      '2.50',
      '3.00',
      '0.25',
      '1.00',
      '1.00',
    ]);
    expect(row(table, 'gateway')).to.deep.equal([
      'gateway',
      '1,800',
      '1,800 to 1,800',
      '0.75',
      '7.50',
      '1.20',
      '0.75',
      '0.40',
      '3.00',
    ]);
  });

  it('shows the cost of policy, if that was measured', () => {
    const without = summarize({ chain: 'gateway-no-policy', connections: 1, samples: [sample(2000, 1)] });
    expect(renderTables([...cells, without])).to.match(/With policy, the gateway serves 0\.90 times/);
    expect(renderTables(cells)).to.not.match(/With policy/);
  });

  it('shows the cost of quotas and compares it with the native chain, if that was measured', () => {
    const four = ['native-chain-4', 'gateway-quota', 'gateway-quota-4'].map((chain, index) =>
      summarize({ chain, connections: 1, samples: [sample(1000 + 600 * index, 1)] }),
    );
    const report = renderTables([...cells, ...four]);
    expect(report)
      .to.include('quota of one limit, it serves 0.89 times')
      .and.include('quota of four limits, it serves 1.22 times');
    expect(report)
      .to.include('With one limit, it serves 1.07 times')
      .and.include('With four limits, it serves 2.20 times');
    expect(renderTables(cells)).to.not.match(/limit/);
  });

  it('has a table of the quota script alone, for each number of calls in flight', () => {
    const alone = (connections: number, ...problems: string[]) =>
      summarize({ chain: '4 buckets', connections, alone: true, samples: [sample(30_000, 0.5, ...problems)] });
    const report = renderTables([...cells, alone(16), alone(64, '3 were denied')]);
    expect(report.match(/^## .*/gm)).to.deep.equal(['## 1 connection', '## The quota script alone']);
    const figures = ['4 buckets, 16', '30,000', '30,000 to 30,000', '0.50', '5.00'];
    expect(row(report, '4 buckets, 16')).to.deep.equal(figures);
    expect(row(report, '4 buckets, 64')?.[1]).to.equal('invalid');
    expect(report).to.include('- 4 buckets is invalid: 3 were denied.');
  });

  it('shows no figure of a cell with an invalid round, and gives the reason', () => {
    const bad = summarize({
      chain: 'gateway',
      connections: 1,
      samples: [sample(9000, 1), sample(9000, 1, '2 timeouts')],
    });
    const table = renderTables([...cells.slice(0, 2), bad]);
    expect(row(table, 'gateway')).to.deep.equal(['gateway', 'invalid', ...Array(7).fill('–')]);
    expect(table).to.include('- gateway is invalid: 2 timeouts.').and.not.to.include('9,000');
  });

  it('shows no ratio if an anchor is invalid or was not measured', () => {
    const bad = summarize({ chain: 'native-chain', connections: 1, samples: [sample(1, 1, 'no response at all')] });
    expect(row(renderTables([bad, ...cells.slice(2)]), 'gateway')?.slice(5)).to.deep.equal(['–', '–', '–', '–']);
  });

  it('has a table for each number of connections, with the ratios within it', () => {
    const more = cells.map((cell) => ({ ...cell, connections: 16 }));
    expect(renderTables([...cells, ...more]).match(/^## .*/gm)).to.deep.equal(['## 1 connection', '## 16 connections']);
  });
});
