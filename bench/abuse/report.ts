import { alignedTable } from '../report/tables.ts';
import type { Got } from './good-caller.ts';
import type { Outcome } from './measure.ts';

/** The least share of its throughput that a good caller keeps. */
const LEAST_SHARE = 0.5;

/** What the good caller got during the flood, relative to what it got without it. */
export function shareOf({ before, during }: Outcome): number {
  return during.answered / during.seconds / (before.answered / before.seconds);
}

/** What is wrong with an outcome; empty if the good caller was served well. */
export function faultsOf(outcome: Outcome): string[] {
  const failed = Object.entries(outcome.during.others).filter(([status]) => status === 'none' || Number(status) >= 500);
  return [
    ...(shareOf(outcome) < LEAST_SHARE ? ['throughput'] : []),
    ...(failed.length > 0 ? ['errors'] : []),
    ...outcome.ended.map((name) => `${name} ended`),
  ];
}

/** The report. `facts` are the lines about the machine and the versions. */
export function renderAbuse(outcomes: readonly Outcome[], seconds: number, facts: readonly string[]): string {
  return `# The gateway under attack

Measured with \`npm run abuse -- --seconds ${seconds}\`: one flood after another, each against a gateway of its own, with a good caller beside it.
${facts.map((fact) => `\n- ${fact}`).join('')}

## What the good caller got

It calls a tool in three sessions and opens and ends a fourth, always with the next request as soon as it got an answer, for ${seconds} s without the flood and for
${seconds} s beside it. It is served well if it keeps at least half of its throughput, gets no 5xx, and no process ends. The flood comes from one client on the same
machine, with the lowest priority.

${alignedTable([['flood', 'req/s without', 'req/s with', 'share', 'worst ms without', 'worst ms with', 'not 2xx', 'served well'], ...outcomes.map(callerRow)])}

## What each flood is, and what it got

${alignedTable([['flood', 'what one client does', 'outcomes'], ...outcomes.map((one) => [one.name, one.what, counts(one.flood)])])}

## Peak memory of each process, in MiB

${alignedTable(processRows(outcomes, ({ peaks }) => peaks))}

## Processor time of each process beside the good caller, in percent of one processor

${alignedTable(processRows(outcomes, ({ cpu }) => cpu))}
`;
}

function callerRow(outcome: Outcome): string[] {
  const { before, during } = outcome;
  const faults = faultsOf(outcome);
  return [
    outcome.name,
    ...[rate(before), rate(during), shareOf(outcome).toFixed(2)],
    ...[before.worstMs.toFixed(0), during.worstMs.toFixed(0), counts(during.others)],
    faults.length === 0 ? 'yes' : `no: ${faults.join(', ')}`,
  ];
}

/** A row for each flood with a figure for each process. */
function processRows(outcomes: readonly Outcome[], of: (outcome: Outcome) => ReadonlyMap<string, number>): string[][] {
  const names = [...new Set(outcomes.flatMap((outcome) => [...of(outcome).keys()]))].sort();
  const cell = (figure: number | undefined) => (figure === undefined ? '–' : figure.toFixed(0));
  const row = (outcome: Outcome) => [outcome.name, ...names.map((name) => cell(of(outcome).get(name)))];
  return [['flood', ...names], ...outcomes.map(row)];
}

function rate({ answered, seconds }: Got): string {
  return (answered / seconds).toFixed(0);
}

function counts(of: Readonly<Record<string, number>>): string {
  return (
    Object.entries(of)
      .map(([what, count]) => `${what}: ${count}`)
      .join(', ') || '–'
  );
}
