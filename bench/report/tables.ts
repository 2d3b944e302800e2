import type { CellSummary } from './summary.ts';

/** Chains that the others are compared with. */
const ANCHORS = ['native-chain', 'router-only'] as const;

/** A Markdown table for each number of connections. */
export function renderTables(cells: readonly CellSummary[]): string {
  const connectionCounts = [...new Set(cells.map((cell) => cell.connections))];
  return connectionCounts
    .map((connections) => {
      const title = `## ${connections} ${connections === 1 ? 'connection' : 'connections'}`;
      const shown = cells.filter((cell) => cell.connections === connections);
      return [title, renderTable(shown), ...renderProblems(shown)].join('\n\n');
    })
    .join('\n\n');
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
  if (figures === undefined) return [cell.chain, 'invalid', ...Array<string>(7).fill('–')];
  const ratios = anchors.flatMap((anchor) => [
    ratio(figures.requestsPerSecond, anchor?.figures?.requestsPerSecond),
    ratio(figures.p50Ms, anchor?.figures?.p50Ms),
  ]);
  const range = `${whole(cell.range[0])} to ${whole(cell.range[1])}`;
  const latencies = [milliseconds(figures.p50Ms), milliseconds(figures.p99Ms)];
  return [cell.chain, whole(figures.requestsPerSecond), range, ...latencies, ...ratios];
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

/** A Markdown table that is readable as text too: the first column to the left, the others to the right. */
function alignedTable(rows: readonly (readonly string[])[]): string {
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
