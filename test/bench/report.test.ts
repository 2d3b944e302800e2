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
  it('is the middle value, whatever the order', () => expect(median([9, 1, 5])).to.equal(5));
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

  it('shows no figure of a cell with one bad round, and says why', () => {
    const bad = summarize({
      chain: 'gateway',
      connections: 1,
      samples: [sample(9000, 1), sample(9000, 1, '2 timeouts')],
    });
    const table = renderTables([...cells.slice(0, 2), bad]);
    expect(row(table, 'gateway')).to.deep.equal(['gateway', 'invalid', ...Array(7).fill('–')]);
    expect(table).to.include('- gateway is invalid: 2 timeouts.').and.not.to.include('9,000');
  });

  it('compares with nothing when an anchor is invalid or was not measured', () => {
    const bad = summarize({ chain: 'native-chain', connections: 1, samples: [sample(1, 1, 'no response at all')] });
    expect(row(renderTables([bad, ...cells.slice(2)]), 'gateway')?.slice(5)).to.deep.equal(['–', '–', '–', '–']);
  });

  it('has a table for each number of connections, compared within it', () => {
    const more = cells.map((cell) => ({ ...cell, connections: 16 }));
    expect(renderTables([...cells, ...more]).match(/^## .*/gm)).to.deep.equal(['## 1 connection', '## 16 connections']);
  });
});
