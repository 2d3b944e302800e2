import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants, setPriority } from 'node:os';
import { delimiter } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { programsOnPath } from '../../envoy/binary/search-path.ts';

/** An installation of Go. */
export interface Go {
  /** Absolute path. */
  path: string;
  /** Such as `go1.26.8`. */
  version: string;
  /** The platform that it builds for, such as `linux-amd64`. */
  platform: string;
}

const OLDEST = [1, 26] as const;
/** How to get Go, for a person. */
export const GO_HINT = `Install Go ${OLDEST.join('.')} or newer from https://go.dev/dl/ and put its bin folder on PATH, so that \`go version\` works.
Tests that need no cluster run without Go: npm run test:unit`;
/** Where https://go.dev/doc/install puts it; PATH does not always contain it. */
const DEFAULT_FOLDER = '/usr/local/go/bin';
const PROGRESS_INTERVAL_MS = 30_000;

/** A new enough Go on PATH or in its default folder; undefined if there is none. */
export async function findGo(
  searchPath: string | undefined,
  progress: (line: string) => void,
  defaultFolder = DEFAULT_FOLDER,
): Promise<Go | undefined> {
  for (const path of await programsOnPath('go', [searchPath ?? '', defaultFolder].join(delimiter))) {
    const go = await readGo(path).catch(() => undefined);
    if (go !== undefined && isNewEnough(go)) return go;
    progress(`Not using ${path}: ${go?.version ?? 'it does not run'}; Go ${OLDEST.join('.')} or newer is needed.`);
  }
  return undefined;
}

/** Reads version and platform of a Go. Rejects if it does not run. */
export async function readGo(path: string): Promise<Go> {
  const { stdout } = await promisify(execFile)(path, ['env', 'GOVERSION', 'GOOS', 'GOARCH']);
  const [version = '', os = '', arch = ''] = stdout.split('\n');
  return { path, version, platform: `${os}-${arch}` };
}

function isNewEnough({ version }: Go): boolean {
  const found = /^go(\d+)\.(\d+)/.exec(version);
  const [major, minor] = [Number(found?.[1]), Number(found?.[2])];
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}

/** One run of Go. */
export interface GoCall {
  args: string[];
  cwd: string;
  /** Variables in addition to those of this process. */
  env?: Record<string, string>;
}

/** Settings of {@link runGo}. */
interface GoRun extends GoCall {
  go: Go;
  /** What is built, for the lines of progress. */
  name: string;
  progress: (line: string) => void;
}

/** Runs Go and reports now and then how many packages `-v` has named. Rejects with its error output if it fails. */
export async function runGo(run: GoRun): Promise<string> {
  // Settings for a person's own builds must not change this one.
  const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '', GOWORK: 'off', ...run.env };
  const child = spawn(run.go.path, run.args, { cwd: run.cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  // Tests may run at the same time. The processes that Go starts inherit the priority.
  if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL);
  const output: string[] = [];
  const errors: string[] = [];
  let packages = 0;
  createInterface({ input: child.stdout }).on('line', (line) => output.push(line));
  createInterface({ input: child.stderr }).on('line', (line) => {
    if (/^[\w./-]+$/.test(line)) packages += 1;
    else if (!line.startsWith('go: downloading ')) errors.push(line);
  });
  const startedAt = performance.now();
  const ticker = setInterval(() => {
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    run.progress(`Building ${run.name}: ${packages} packages after ${seconds} s`);
  }, PROGRESS_INTERVAL_MS);
  try {
    const [code] = await once(child, 'close');
    if (code !== 0) throw new Error([`go ${run.args[0]} ended with ${code}`, ...errors.slice(-15)].join('\n'));
    return output.join('\n');
  } finally {
    clearInterval(ticker);
  }
}
