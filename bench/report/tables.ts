import type { CellSummary } from './summary.ts';

/** The chains that all others are compared with. */
const ANCHORS = ['native-chain', 'router-only'] as const;

/** A Markdown table for each number of connections, and one for the quota script alone. */
export function renderTables(cells: readonly CellSummary[]): string {
  const chains = cells.filter(({ alone }) => !alone);
  const scripts = cells.filter(({ alone }) => alone);
  const connectionCounts = [...new Set(chains.map((cell) => cell.connections))];
  const tables = connectionCounts.map((connections) => {
    const title = `## ${connections} ${connections === 1 ? 'connection' : 'connections'}`;
    const shown = chains.filter((cell) => cell.connections === connections);
    return [title, renderTable(shown), ...renderCosts(shown), ...renderProblems(shown)].join('\n\n');
  });
  return [...tables, ...renderScripts(scripts)].join('\n\n');
}

/** The table of the quota script alone. */
function renderScripts(cells: readonly CellSummary[]): string[] {
  if (cells.length === 0) return [];
  const header = ['Buckets, calls in flight', 'takes/s', 'lowest to highest', 'p50 ms', 'p99 ms'];
  const rows = cells.map((cell) => [`${cell.chain}, ${cell.connections}`, ...renderFigures(cell)]);
  return ['## The quota script alone', alignedTable([header, ...rows]), ...renderProblems(cells)];
}

function renderTable(cells: readonly CellSummary[]): string {
  const anchors = ANCHORS.map((name) => cells.find((cell) => cell.chain === name));
  const header = [
    ...['Chain', 'req/s', 'lowest to highest', 'p50 ms', 'p99 ms'],
    ...ANCHORS.flatMap((name) => [`req/s to ${name}`, `p50 to ${name}`]),
  ];
  const rows = cells.map((cell) => renderRow(cell, anchors));
  return alignedTable([header, ...rows]);
}

function renderRow(cell: CellSummary, anchors: readonly (CellSummary | undefined)[]): string[] {
  const { figures } = cell;
  const ratios = anchors.flatMap((anchor) =>
    figures === undefined
      ? ['–', '–']
      : [
          ratio(figures.requestsPerSecond, anchor?.figures?.requestsPerSecond),
          ratio(figures.p50Ms, anchor?.figures?.p50Ms),
        ],
  );
  return [cell.chain, ...renderFigures(cell), ...ratios];
}

/** Rate, its range, and the percentiles. */
function renderFigures({ figures, range }: CellSummary): string[] {
  if (figures === undefined) return ['invalid', '–', '–', '–'];
  const lowestToHighest = `${whole(range[0])} to ${whole(range[1])}`;
  return [whole(figures.requestsPerSecond), lowestToHighest, milliseconds(figures.p50Ms), milliseconds(figures.p99Ms)];
}

/** Sentences about the cost of a feature: the chain with it, the chain without it, and the text, in which RATIO is replaced. */
const COSTS = [
  [...['gateway', 'gateway-no-policy'], 'With policy, the gateway serves RATIO times as many requests as without.'],
  ['gateway-quota', 'gateway', 'With a quota of one limit, it serves RATIO times as many requests as without.'],
  ['gateway-quota-4', 'gateway', 'With a quota of four limits, it serves RATIO times as many requests as without.'],
  [
    ...['gateway-quota', 'native-chain'],
    'With one limit, it serves RATIO times as many requests as the native chain with one.',
  ],
  [
    ...['gateway-quota-4', 'native-chain-4'],
    'With four limits, it serves RATIO times as many requests as the native chain with four.',
  ],
] as const;

/** The cost of each feature, if both chains were measured. */
function renderCosts(cells: readonly CellSummary[]): string[] {
  const rateOf = (name: string) => cells.find(({ chain }) => chain === name)?.figures?.requestsPerSecond;
  const sentences = COSTS.flatMap(([name, to, words]) => {
    const [rate, without] = [rateOf(name), rateOf(to)];
    return rate === undefined || without === undefined ? [] : [`- ${words.replace('RATIO', ratio(rate, without))}`];
  });
  return sentences.length === 0 ? [] : [sentences.join('\n')];
}

/** A list of the invalid cells with their reasons, if there are any. */
function renderProblems(cells: readonly CellSummary[]): string[] {
  const invalid = cells.filter((cell) => cell.figures === undefined);
  if (invalid.length === 0) return [];
  return [invalid.map(({ chain, problems }) => `- ${chain} is invalid: ${problems.join('; ')}.`).join('\n')];
}

function ratio(value: number, to: number | undefined): string {
  return to === undefined ? '–' : (value / to).toFixed(2);
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

function milliseconds(value: number): string {
  return value.toFixed(value < 10 ? 2 : 1);
}

/** A Markdown table that is readable as text too: the first column is left-aligned, the others right-aligned. */
export function alignedTable(rows: readonly (readonly string[])[]): string {
  const [header = []] = rows;
  const widths = header.map((_, column) => Math.max(3, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const padded = rows.map((row) =>
    line(
      row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))),
    ),
  );
  const rule = line(widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)));
  return [padded[0], rule, ...padded.slice(1)].join('\n');
}
