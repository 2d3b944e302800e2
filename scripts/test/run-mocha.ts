import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Job } from './groups.ts';
import { type FileReport, RecordReader } from './records.ts';

const MOCHA = 'node_modules/mocha/bin/mocha.js';
const REPORTER = 'scripts/test/reporter.ts';
const END_MS = 20_000;

/** Settings of {@link runMocha}. */
export interface MochaOptions {
  /** More arguments of mocha. */
  args: readonly string[];
  colors: boolean;
  /** Ends the run as Ctrl-C does; nothing starts after that. */
  signal: AbortSignal;
  /** Called as soon as a file has ended. */
  onReport: (report: FileReport) => void;
  /** Time in milliseconds after the last test before mocha is killed. Default 20 s. */
  endMs?: number;
}

/**
 * Runs mocha to completion. A run that is cut short, fails without a failed test, or does not end because a test left something open,
 * is reported as one failure.
 */
export async function runMocha(
  job: Job,
  { args, colors, signal, onReport, endMs = END_MS }: MochaOptions,
): Promise<void> {
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
  let hung: NodeJS.Timeout | undefined;
  let open = false;
  const kill = () => {
    open = true;
    child.kill('SIGKILL');
    // Processes that the tests started may hold the other end.
    child.stdout.destroy();
  };
  const reader = new RecordReader((report) => {
    failed += report.failed;
    complete ||= report.file === undefined;
    if (complete) hung ??= setTimeout(kill, endMs);
    if (report.file !== undefined || report.failed > 0 || report.text.trim() !== '') onReport(report);
  });
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => reader.push(chunk));
  const [code, killedBy] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  signal.removeEventListener('abort', interrupt);
  clearTimeout(hung);
  // A test that calls process.exit(0) ends the run too.
  const broken = open || !complete || (code !== 0 && failed === 0);
  const how = open ? 'did not end, since a test left something open' : `ended with ${killedBy ?? code}`;
  const end = broken ? `mocha ${how}: ${job.name}\n` : '';
  const text = reader.rest + end;
  if (text.trim() !== '')
    onReport({ file: undefined, text, passed: 0, failed: broken ? 1 : 0, skipped: 0, durationMs: 0 });
}
