import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';

/** A protocol revision for which the suite has a requirement set. */
export type Revision = '2025-11-25' | '2026-07-28';

/** The part of a check of a scenario that depends on the server and not on the run. */
export interface Check {
  id: string;
  status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'INFO' | 'SKIPPED';
  /** The reason if it did not succeed. */
  errorMessage?: string;
}

/** The checks of each scenario in the order in which they ran. A scenario that the suite aborted is absent. */
export type SuiteResult = ReadonlyMap<string, readonly Check[]>;

const PACKAGE_FOLDER = dirname(
  createRequire(import.meta.url).resolve('@modelcontextprotocol/conformance/package.json'),
);
const RESULT_FOLDER = /^server-(?<scenario>.+)-\d{4}-\d{2}-\d{2}T[\d-]+Z$/;

/** The scenarios that the revision requires of a server; the suite runs a few more that do not count. */
export async function requiredScenarios(revision: Revision): Promise<string[]> {
  const file = join(PACKAGE_FOLDER, 'requirements', `${revision}.yaml`);
  const requirements: { server: string[] } = parse(await readFile(file, 'utf8'));
  return requirements.server;
}

/**
 * Runs the requirement set of a revision against the MCP endpoint at `url`, with the suite's own command line.
 * Failed checks are part of the result. Rejects with the end of the suite's output if the suite does not reach its summary.
 */
export async function runSuite(url: string, revision: Revision, timeoutMs = 120_000): Promise<SuiteResult> {
  const folder = await mkdtemp(join(tmpdir(), 'conformance-'));
  try {
    const script = join(PACKAGE_FOLDER, 'dist/index.js');
    const args = [script, 'server', '--url', url, '--requirements', revision, '--output-dir', folder];
    const output = await outputOf(process.execPath, args, { cwd: folder, timeout: timeoutMs });
    if (!output.includes('=== SUMMARY ===')) {
      throw new Error(`the conformance suite stopped early:\n${output.slice(-2000)}`);
    }
    return await readResults(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The whole output of a program. The exit status is ignored: it is not 0 if a check fails, and the results tell which. */
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
