import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants, setPriority } from 'node:os';
import { delimiter } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { programsOnPath } from '../../envoy/binary/search-path.ts';

/** The Go of this machine, and what it builds for. */
export interface Go {
  /** Absolute path. */
  path: string;
  /** Such as `go1.26.8`. */
  version: string;
  /** Such as `linux-amd64`. */
  platform: string;
}

const OLDEST = [1, 26] as const;
/** What somebody can do who has no Go. */
export const GO_HINT = `Install Go ${OLDEST.join('.')} or newer from https://go.dev/dl/ and put its bin folder on PATH, so that \`go version\` works.
Tests without a cluster run without it: npm run test:unit`;
/** Where an installation by hand is, as its makers' page tells; not every PATH has it. */
const USUAL_PLACE = '/usr/local/go/bin';
const SAY_EVERY_MS = 30_000;

/** Go on PATH or in its usual place, in a version that will do; undefined when there is none. */
export async function findGo(
  searchPath: string | undefined,
  progress: (line: string) => void,
  usualPlace = USUAL_PLACE,
): Promise<Go | undefined> {
  for (const path of await programsOnPath('go', [searchPath ?? '', usualPlace].join(delimiter))) {
    const go = await readGo(path).catch(() => undefined);
    if (go !== undefined && isNewEnough(go)) return go;
    progress(`Passing over ${path}: ${go?.version ?? 'it does not run'}; Go ${OLDEST.join('.')} or newer is needed.`);
  }
  return undefined;
}

/** Asks a Go what it is. Rejects when it does not run. */
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
  /** Over the environment of this process. */
  env?: Record<string, string>;
}

/** Settings of {@link runGo}. */
interface GoRun extends GoCall {
  go: Go;
  /** Of what is built, for the lines of progress. */
  name: string;
  progress: (line: string) => void;
}

/** Runs Go and tells now and then how far it is: the packages that `-v` names. Throws with what it said when it fails. */
export async function runGo(run: GoRun): Promise<string> {
  // What somebody has set for their own builds must not change this one.
  const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '', GOWORK: 'off', ...run.env };
  const child = spawn(run.go.path, run.args, { cwd: run.cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  // Tests may run at the same time; what Go starts inherits it.
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
  }, SAY_EVERY_MS);
  try {
    const [code] = await once(child, 'close');
    if (code !== 0) throw new Error([`go ${run.args[0]} ended with ${code}`, ...errors.slice(-15)].join('\n'));
    return output.join('\n');
  } finally {
    clearInterval(ticker);
  }
}
