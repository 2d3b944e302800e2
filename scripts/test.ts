// `npm test [-- [--unit] [FILE...] [MOCHA OPTIONS]]`: checks the sources, finds or installs what the tests need, runs them and sums up
// in one line. With --unit: only tests that need neither Envoy nor a cluster, without the checks.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { messageOf, UserError } from '../core/errors.ts';
import { cacheDir } from '../runtime/paths.ts';
import { Durations } from './test/durations.ts';
import { groupOf, type Job, jobsFor } from './test/groups.ts';
import { findPrograms } from './test/programs.ts';
import type { FileReport } from './test/records.ts';
import { exitCodeOf, formatReport, formatResults, resultsOf, summaryLine } from './test/results.ts';
import { runMocha } from './test/run-mocha.ts';
import { runAll } from './test/schedule.ts';
import { parseSelection, type Selection } from './test/selection.ts';

/** What may run at the same time. More makes tests with a time limit fail on two cores. */
const WORKERS = 2;

const inCi = process.env.CI === 'true';
const colors = process.stdout.isTTY;
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupted.abort());

/** `npm run check`, with its output in one piece. */
async function check(): Promise<boolean> {
  const child = spawn('npm', ['run', '--silent', 'check'], { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
  const [code] = await once(child, 'close');
  console.log(`Types, lint and unused code: ${code === 0 ? 'no problems' : 'problems'}\n${text}`);
  return code === 0;
}

async function main({ files, unitOnly, mochaArgs }: Selection): Promise<number> {
  const durations = new Durations(cacheDir(process.env));
  const jobs = jobsFor(
    files.filter((file) => !unitOnly || groupOf(file) === 'unit'),
    (file) => durations.of(file),
  );
  const reports: FileReport[] = [];
  const onReport = (report: FileReport) => {
    reports.push(report);
    console.log(formatReport(report));
  };
  const toTask = (job: Job) => () => runMocha(job, { args: mochaArgs, colors, signal: interrupted.signal, onReport });
  const first = jobs.filter(({ group }) => group === 'unit').map(toTask);
  const rest = jobs.filter(({ group }) => group !== 'unit').map(toTask);
  let checked = true;
  if (!unitOnly)
    first.unshift(async () => {
      checked = await check();
    });
  try {
    const ready = findPrograms(new Set(jobs.map(({ group }) => group)), console.log);
    ready.catch(() => interrupted.abort());
    await runAll({ first, rest, ready, workers: WORKERS, run: (task) => task() });
  } catch (error) {
    console.error(explain(error));
    return error instanceof UserError ? 69 : 1;
  }

  const results = resultsOf(reports);
  if (mochaArgs.length === 0) durations.save(results.durationsMs);
  console.log(formatResults(results));
  if (!checked) console.error('npm run check failed, see above');
  if (results.skipped > 0) console.error(`${results.skipped} tests were skipped${inCi ? ', which fails here' : ''}`);
  console.log(summaryLine(results));
  return interrupted.signal.aborted ? 130 : exitCodeOf(results, { checked, inCi });
}

/** What went wrong, and what to do about it. */
function explain(error: unknown): string {
  const hint = error instanceof UserError ? error.hint : undefined;
  return [messageOf(error), ...(hint === undefined ? [] : [hint])].join('\n');
}

let selection: Selection | undefined;
try {
  selection = parseSelection(process.argv.slice(2));
} catch (error) {
  console.error(messageOf(error));
}
process.exitCode = selection === undefined ? 1 : await main(selection);
