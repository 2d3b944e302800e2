import { execFile } from 'node:child_process';

/** The release that is installed if no other Envoy is found. */
export const ENVOY_RELEASE = '1.40.0';

/** The supported versions, for messages. */
export const SUPPORTED_ENVOY = '1.40 or newer, before 2.0';

/** Oldest supported minor version of Envoy 1. */
const OLDEST_MINOR = 40;
const PROBE_TIMEOUT_MS = 15_000;

/** The result of running a program that should be Envoy. The reason is a clause with "it" as its subject. */
export type EnvoyProbe =
  | { kind: 'supported'; version: string }
  | { kind: 'unsupported'; version: string }
  | { kind: 'broken'; reason: string };

/** Runs `<path> --version`. Never rejects. */
export async function probeEnvoy(path: string, timeoutMs = PROBE_TIMEOUT_MS): Promise<EnvoyProbe> {
  const { output, failure } = await run(path, timeoutMs);
  if (failure !== undefined) return { kind: 'broken', reason: failure };
  const version = parseEnvoyVersion(output);
  if (version === undefined) return { kind: 'broken', reason: 'it does not report an Envoy version' };
  return { kind: isSupportedEnvoy(version) ? 'supported' : 'unsupported', version };
}

/** The version in the output of `envoy --version`: `…/envoy  version: <commit>/<version>/Clean/RELEASE/BoringSSL`. */
export function parseEnvoyVersion(output: string): string | undefined {
  return /\bversion: [^/\s]+\/(\d+\.\d+\.\d+[^/\s]*)\//.exec(output)?.[1];
}

/** True for 1.40.0 and newer, before 2.0. Development builds such as `1.41.0-dev` count as their release. */
export function isSupportedEnvoy(version: string): boolean {
  const [major, minor] = version.split('.').map(Number);
  return major === 1 && minor !== undefined && minor >= OLDEST_MINOR;
}

function run(path: string, timeoutMs: number): Promise<{ output: string; failure?: string }> {
  return new Promise((resolve) => {
    execFile(path, ['--version'], { timeout: timeoutMs, killSignal: 'SIGKILL' }, (error, stdout, stderr) => {
      if (error === null) resolve({ output: stdout });
      else resolve({ output: '', failure: describe(error, stderr, timeoutMs) });
    });
  });
}

function describe(
  error: Error & { code?: unknown; killed?: boolean; signal?: unknown },
  stderr: string,
  timeoutMs: number,
): string {
  if (error.code === 'ENOENT') return 'it does not exist';
  if (error.code === 'EACCES') return 'it is not executable';
  if (error.killed) return `it did not answer --version within ${timeoutMs / 1000} s`;
  const lastLine = stderr.trim().split('\n').at(-1);
  if (lastLine) return `it does not run: ${lastLine}`;
  return typeof error.signal === 'string'
    ? `it was ended by ${error.signal}`
    : `it does not run (${String(error.code)})`;
}
