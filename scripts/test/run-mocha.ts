import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
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
  const child = spawn(process.execPath, [MOCHA, '--reporter', REPORTER, color, ...args, ...job.files], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const interrupt = () => child.kill('SIGINT');
  signal.addEventListener('abort', interrupt);
  let failed = 0;
  const reader = new RecordReader((report) => {
    failed += report.failed;
    onReport(report);
  });
  // One text of both, line by line, so that a warning stands next to the test that caused it.
  for (const input of [child.stdout, child.stderr])
    createInterface({ input }).on('line', (line) => reader.push(`${line}\n`));
  const [code, killedBy] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  signal.removeEventListener('abort', interrupt);
  const broken = code !== 0 && failed === 0;
  const end = broken ? `mocha ended with ${killedBy ?? code}: ${job.name}\n` : '';
  const text = reader.rest + end;
  if (text.trim() !== '')
    onReport({ file: undefined, text, passed: 0, failed: broken ? 1 : 0, skipped: 0, durationMs: 0 });
}
