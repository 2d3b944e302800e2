import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Job } from './groups.ts';
import { type FileReport, RecordReader } from './records.ts';

const MOCHA = 'node_modules/mocha/bin/mocha.js';
const REPORTER = 'scripts/test/reporter.ts';

/** Settings of {@link runMocha}. */
export interface MochaOptions {
  /** More arguments of mocha. */
  args: readonly string[];
  colors: boolean;
  /** Ends the run as Ctrl-C does; nothing starts after that. */
  signal: AbortSignal;
  /** Called as soon as a file has ended. */
  onReport: (report: FileReport) => void;
}

/** Runs mocha to completion. A run that is cut short, or fails without a failed test, is reported as one failure. */
export async function runMocha(job: Job, { args, colors, signal, onReport }: MochaOptions): Promise<void> {
  if (signal.aborted) return;
  const color = colors ? '--color' : '--no-color';
  // Both outputs in one pipe, so that a warning stays next to the test that caused it.
  const child = spawn(
    'sh',
    ['-c', 'exec "$0" "$@" 2>&1', process.execPath, MOCHA, '--reporter', REPORTER, color, ...args, ...job.files],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const interrupt = () => child.kill('SIGINT');
  signal.addEventListener('abort', interrupt);
  let failed = 0;
  let complete = false;
  const reader = new RecordReader((report) => {
    failed += report.failed;
    complete ||= report.file === undefined;
    if (report.file !== undefined || report.failed > 0 || report.text.trim() !== '') onReport(report);
  });
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => reader.push(chunk));
  const [code, killedBy] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  signal.removeEventListener('abort', interrupt);
  // A test that calls process.exit(0) ends the run too.
  const broken = !complete || (code !== 0 && failed === 0);
  const end = broken ? `mocha ended with ${killedBy ?? code}: ${job.name}\n` : '';
  const text = reader.rest + end;
  if (text.trim() !== '')
    onReport({ file: undefined, text, passed: 0, failed: broken ? 1 : 0, skipped: 0, durationMs: 0 });
}
