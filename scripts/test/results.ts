import type { FileReport } from './records.ts';

/** Counts of all tests, and what each file took. */
export interface Results {
  passed: number;
  failed: number;
  skipped: number;
  /** By file. */
  durationsMs: Readonly<Record<string, number>>;
  /** The output of everything that failed. */
  failures: readonly FileReport[];
}

/** Adds up what was reported. */
export function resultsOf(reports: readonly FileReport[]): Results {
  const sum = (of: 'passed' | 'failed' | 'skipped') => reports.reduce((total, report) => total + report[of], 0);
  const durationsMs: Record<string, number> = {};
  for (const { file, durationMs } of reports)
    if (file !== undefined) durationsMs[file] = (durationsMs[file] ?? 0) + durationMs;
  return {
    ...{ passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped'), durationsMs },
    failures: reports.filter(({ failed }) => failed > 0),
  };
}

/** The output of one file, below a line with its name. */
export function formatReport({ file, text, durationMs }: FileReport): string {
  const title = file === undefined ? 'Outside the test files' : `${file} (${formatSeconds(durationMs)})`;
  return `${title}\n${text.replace(/^\n+|\n+$/g, '')}\n`;
}

/** What comes after all tests: the slowest files, and again the output of those that failed. */
export function formatResults({ durationsMs, failures }: Results, slowest = 10): string {
  const slow = Object.entries(durationsMs)
    .sort(([, a], [, b]) => b - a)
    .slice(0, slowest)
    .map(([file, ms]) => `${formatSeconds(ms).padStart(9)}  ${file}`);
  const again = failures.length > 0 ? ['', 'Failed:', '', ...failures.map(formatReport)] : [];
  return ['Slowest files:', ...slow, ...again].join('\n');
}

/** One line for people and for programs that read the output. */
export function summaryLine({ passed, failed, skipped }: Results): string {
  return `tests: ${passed} passed, ${failed} failed, ${skipped} skipped`;
}

/** Exit code of the run. A run without a test that passed fails, and so do skipped tests in CI. */
export function exitCodeOf({ passed, failed, skipped }: Results, run: { checked: boolean; inCi: boolean }): number {
  return run.checked && failed === 0 && passed > 0 && (skipped === 0 || !run.inCi) ? 0 : 1;
}

function formatSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
