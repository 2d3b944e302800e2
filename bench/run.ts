import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf, UserError } from '../core/errors.ts';
import { findEnvoy } from '../envoy/binary/find.ts';
import { createLogger, type Logger } from '../runtime/log.ts';
import { cacheDir } from '../runtime/paths.ts';
import type { ChainContext, StartChain } from './chains/chain.ts';
import { startUpstream, type Upstream } from './chains/upstream.ts';
import { measure, prepareTarget, type Target } from './load/measure.ts';
import { measureTakes, startTakes, type TakesTarget } from './load/takes.ts';
import { type BenchOptions, CHAIN_NAMES, type ChainName, parseOptions, USAGE } from './options.ts';
import { gatherFacts } from './report/facts.ts';
import { renderReport } from './report/markdown.ts';
import { type Cell, summarize } from './report/summary.ts';
import { Children } from './tools/children.ts';
import { findWrk, type Wrk } from './tools/wrk.ts';

const RESULTS = fileURLToPath(new URL('RESULTS.md', import.meta.url));

/** Loaded only when measured, so that a chain that fails to load does not affect the others. */
const CHAINS: Record<ChainName, () => Promise<{ start: StartChain }>> = {
  upstream: () => import('./chains/upstream.ts'),
  'router-only': () => import('./chains/router-only.ts'),
  'native-chain': () => import('./chains/native-chain.ts'),
  'native-chain-4': async () => ({ start: (await import('./chains/native-chain.ts')).startWithFourLimits }),
  'gateway-no-policy': async () => ({ start: (await import('./chains/gateway.ts')).startWithoutPolicy }),
  gateway: () => import('./chains/gateway.ts'),
  'gateway-quota': async () => ({ start: (await import('./chains/gateway.ts')).withQuota('gateway-quota', 1) }),
  'gateway-quota-4': async () => ({ start: (await import('./chains/gateway.ts')).withQuota('gateway-quota-4', 4) }),
};

interface Bench extends ChainContext {
  readonly wrk: Wrk;
  readonly upstream: Upstream;
  readonly signal: AbortSignal;
}

const log = createLogger({ name: 'bench' });
const interrupt = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupt.abort());

try {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) process.stdout.write(`${USAGE}\n`);
  else process.exitCode = await bench(options, process.env, interrupt.signal);
} catch (error) {
  if (interrupt.signal.aborted) process.exitCode = 130;
  else if (error instanceof UserError) process.exitCode = reportError(error);
  else throw error;
}

function reportError(error: UserError): number {
  process.stderr.write(`${error.message}\n${error.hint === undefined ? '' : `${error.hint}\n`}`);
  return error.exitCode;
}

/** Runs the benchmark and cleans up in any case. Returns the exit status. */
async function bench(options: BenchOptions, environment: NodeJS.ProcessEnv, signal: AbortSignal): Promise<number> {
  const cache = cacheDir(environment);
  const children = new Children(environment, log);
  const runDir = await mkdtemp(join(tmpdir(), 'mcp-bench-'));
  const cleanups: (() => Promise<void>)[] = [
    () => rm(runDir, { recursive: true, force: true }),
    () => children.stopAll(),
  ];
  // An interrupt stops the programs, so that everything that waits for one of them continues.
  signal.addEventListener('abort', () => void children.stopAll());
  try {
    const progress = (line: string) => log.info(line);
    const envoy = await findEnvoy({ explicit: options.envoy, environment, cacheDir: cache, progress, signal });
    const benchCache = join(cache, 'bench');
    const wrk = await findWrk(children, benchCache);
    const upstream = await startUpstream(children, benchCache);
    const envoyConcurrency = availableParallelism();
    const context = { envoyPath: envoy.path, envoyConcurrency, cacheDir: benchCache, runDir, children, log };
    const parts: Bench = { ...context, wrk, upstream, signal };
    const known = { envoy: envoy.version, wrk: wrk.version, envoyConcurrency, cacheDir: benchCache, now: new Date() };
    const facts = await gatherFacts(children, known);
    const targets = await startTargets(options, parts, cleanups);
    const scripts = await startScripts(options, parts, cleanups);
    const cells = await measureCells(options, targets, scripts, parts);
    const summaries = cells.map(summarize);
    const report = renderReport(facts, options, summaries);
    process.stdout.write(report);
    if (options.json !== undefined) {
      await writeFile(options.json, `${JSON.stringify({ facts, options, cells }, null, 2)}\n`);
    }
    const output = options.output ?? (options.chains.length === CHAIN_NAMES.length ? RESULTS : undefined);
    if (output !== undefined) await writeFile(output, report);
    return summaries.every(({ figures }) => figures !== undefined) ? 0 : 1;
  } finally {
    for (const cleanup of cleanups.toReversed()) {
      await cleanup().catch((error: unknown) => log.error({ error: messageOf(error) }, 'could not clean up'));
    }
  }
}

async function startTargets(options: BenchOptions, bench: Bench, cleanups: (() => Promise<void>)[]): Promise<Target[]> {
  const targets: Target[] = [];
  for (const name of options.chains) {
    bench.signal.throwIfAborted();
    const { start } = await CHAINS[name]();
    const chain = await start(bench.upstream.port, bench);
    cleanups.push(() => chain.stop());
    targets.push(await prepareTarget(chain, options.sessions, bench.runDir));
    bench.log.info({ url: chain.url }, `${name} is ready`);
  }
  return targets;
}

/** Targets for the quota script alone, if chains that use it are measured. */
async function startScripts(
  options: BenchOptions,
  bench: Bench,
  cleanups: (() => Promise<void>)[],
): Promise<TakesTarget[]> {
  const buckets = [
    ...(options.chains.includes('gateway-quota') ? [1] : []),
    ...(options.chains.includes('gateway-quota-4') ? [4] : []),
  ];
  const scripts: TakesTarget[] = [];
  for (const count of buckets) {
    const script = await startTakes(count, bench);
    cleanups.push(() => script.stop());
    scripts.push(script);
  }
  return scripts;
}

/** Visits every cell once per round, so that noise on the machine affects all chains alike. */
async function measureCells(
  options: BenchOptions,
  targets: readonly Target[],
  scripts: readonly TakesTarget[],
  bench: Bench,
): Promise<Cell[]> {
  const { connections: counts, rounds, seconds, warmup } = options;
  for (const target of warmup > 0 ? targets : []) {
    bench.log.info(`warming up ${target.chain.name}`);
    await measure(target, { connections: Math.max(...counts), seconds: warmup }, bench);
    bench.signal.throwIfAborted();
  }
  const cellOf = (chain: string, connections: number): Cell => ({ chain, connections, samples: [] });
  const plan = counts.flatMap((connections) => [
    ...targets.map((target) => ({
      cell: cellOf(target.chain.name, connections),
      visit: () => measure(target, { connections, seconds }, bench),
    })),
    ...scripts.map((script) => ({
      cell: { ...cellOf(script.name, connections), alone: true },
      visit: () => measureTakes(script, { parallel: connections, seconds }),
    })),
  ]);
  for (let round = 1; round <= rounds; round++) {
    for (const { cell, visit } of plan) {
      const sample = await visit();
      bench.signal.throwIfAborted();
      cell.samples.push(sample);
      logSample(bench.log, `round ${round} of ${rounds}`, cell, sample);
    }
  }
  return plan.map(({ cell }) => cell);
}

function logSample(logger: Logger, round: string, cell: Cell, sample: Cell['samples'][number]): void {
  const figures = { rps: Math.round(sample.requestsPerSecond), p50Ms: sample.p50Ms, p99Ms: sample.p99Ms };
  const text = `${round}: ${cell.chain} at ${cell.connections}`;
  if (sample.problems.length === 0) logger.info(figures, text);
  else logger.warn({ ...figures, problems: sample.problems }, `${text} is invalid`);
}
