import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';

/** A protocol revision that the suite has a requirement set for. */
export type Revision = '2025-11-25' | '2026-07-28';

/** One check of a scenario, as far as it says something about the server and nothing about the run. */
export interface Check {
  id: string;
  status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'INFO' | 'SKIPPED';
  /** Why it did not succeed. */
  errorMessage?: string;
}

/** The checks of each scenario in the order in which they ran. A scenario that the suite gave up on is absent. */
export type SuiteResult = ReadonlyMap<string, readonly Check[]>;

const PACKAGE_FOLDER = dirname(
  createRequire(import.meta.url).resolve('@modelcontextprotocol/conformance/package.json'),
);
const RESULT_FOLDER = /^server-(?<scenario>.+)-\d{4}-\d{2}-\d{2}T[\d-]+Z$/;

/** The scenarios that the revision requires of a server; the suite runs a few more without scoring them. */
export async function requiredScenarios(revision: Revision): Promise<string[]> {
  const file = join(PACKAGE_FOLDER, 'requirements', `${revision}.yaml`);
  const requirements: { server: string[] } = parse(await readFile(file, 'utf8'));
  return requirements.server;
}

/**
 * Runs the requirement set of a revision against the MCP endpoint at `url`, with the suite's own command line.
 * Failed checks are results. Throws with the end of the suite's output when it did not come to its summary.
 */
export async function runSuite(url: string, revision: Revision, timeoutMs = 120_000): Promise<SuiteResult> {
  const folder = await mkdtemp(join(tmpdir(), 'conformance-'));
  try {
    const script = join(PACKAGE_FOLDER, 'dist/index.js');
    const args = [script, 'server', '--url', url, '--requirements', revision, '--output-dir', folder];
    const output = await outputOf(process.execPath, args, { cwd: folder, timeout: timeoutMs });
    if (!output.includes('=== SUMMARY ===')) {
      throw new Error(`The conformance suite stopped early:\n${output.slice(-2000)}`);
    }
    return await readResults(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Everything a program printed. Its exit status says whether checks failed, which the results say better. */
function outputOf(file: string, args: string[], options: { cwd: string; timeout: number }): Promise<string> {
  return new Promise((resolve) => {
    execFile(file, args, { ...options, maxBuffer: 64 * 1024 * 1024 }, (_error, stdout, stderr) =>
      resolve(stdout + stderr),
    );
  });
}

async function readResults(folder: string): Promise<SuiteResult> {
  const results = new Map<string, Check[]>();
  for (const name of await readdir(folder)) {
    const scenario = RESULT_FOLDER.exec(name)?.groups?.scenario;
    if (scenario === undefined) continue;
    const checks: Check[] = JSON.parse(await readFile(join(folder, name, 'checks.json'), 'utf8'));
    results.set(
      scenario,
      checks.map(({ id, status, errorMessage }) => ({ id, status, ...(errorMessage ? { errorMessage } : {}) })),
    );
  }
  return results;
}
