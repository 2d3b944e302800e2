import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { UserError } from '../../core/errors.ts';
import { cachedEnvoyPath, installEnvoy } from './install.ts';
import { type Machine, thisMachine } from './machine.ts';
import { programsOnPath } from './search-path.ts';
import { ENVOY_RELEASE, probeEnvoy, SUPPORTED_ENVOY } from './version.ts';

/** Where to look for Envoy. */
export interface FindEnvoyOptions {
  /** The value of `--envoy`. */
  explicit?: string | undefined;
  environment: { ENVOY_PATH?: string | undefined; PATH?: string | undefined };
  /** Cache folder, see runtime/paths.ts. Envoy is kept in `envoy/` below it. */
  cacheDir: string;
  /** Called with each line of progress, for display. */
  progress: (line: string) => void;
  /** Default: this machine. */
  machine?: Machine;
  /** Aborts an installation in progress. */
  signal?: AbortSignal | undefined;
}

/** An Envoy of a supported version that works on this machine. */
export interface FoundEnvoy {
  /** Absolute path. */
  path: string;
  /** Such as `1.40.0`. */
  version: string;
  source: 'flag' | 'ENVOY_PATH' | 'PATH' | 'cache' | 'installed';
}

/**
 * Finds Envoy in `--envoy`, `ENVOY_PATH`, `PATH` or the cache; otherwise installs the pinned release into the cache. An Envoy that
 * was named explicitly must be usable. One on `PATH` that is not is skipped, with a line of progress.
 * @throws UserError `envoy-unavailable` with what to do
 */
export async function findEnvoy(options: FindEnvoyOptions): Promise<FoundEnvoy> {
  const { explicit, environment, cacheDir, progress, machine = thisMachine(), signal } = options;
  if (explicit !== undefined) return named(explicit, 'flag', '--envoy');
  if (environment.ENVOY_PATH) return named(environment.ENVOY_PATH, 'ENVOY_PATH', 'ENVOY_PATH');
  return (
    (await onPath(environment.PATH, progress)) ??
    (await inCache(cacheDir, machine, progress)) ??
    (await install({ cacheDir, progress, machine, searchPath: environment.PATH, signal }))
  );
}

async function named(value: string, source: FoundEnvoy['source'], setting: string): Promise<FoundEnvoy> {
  const path = resolve(value);
  const probe = await probeEnvoy(path);
  if (probe.kind === 'supported') return { path, version: probe.version, source };
  const hint = `Correct ${setting}, or leave it out to use Envoy from PATH or install it.`;
  const message =
    probe.kind === 'unsupported'
      ? `${path} (from ${setting}) is Envoy ${probe.version}, but must be Envoy ${SUPPORTED_ENVOY}`
      : `${path} (from ${setting}) cannot be used as Envoy: ${probe.reason}; it must be Envoy ${SUPPORTED_ENVOY}`;
  throw new UserError('envoy-unavailable', message, { hint });
}

async function onPath(
  searchPath: string | undefined,
  progress: (line: string) => void,
): Promise<FoundEnvoy | undefined> {
  for (const path of await programsOnPath('envoy', searchPath)) {
    const probe = await probeEnvoy(path);
    if (probe.kind === 'supported') return { path, version: probe.version, source: 'PATH' };
    const found = probe.kind === 'unsupported' ? `it is Envoy ${probe.version}` : probe.reason;
    progress(`Skipping ${path}: ${found}; it must be Envoy ${SUPPORTED_ENVOY}.`);
  }
  return undefined;
}

async function inCache(
  cacheDir: string,
  machine: Machine,
  progress: (line: string) => void,
): Promise<FoundEnvoy | undefined> {
  const path = cachedEnvoyPath(cacheDir, machine);
  if (!existsSync(path)) return undefined;
  const probe = await probeEnvoy(path);
  if (probe.kind === 'supported' && probe.version === ENVOY_RELEASE)
    return { path, version: probe.version, source: 'cache' };
  const found = probe.kind === 'broken' ? probe.reason : `it is Envoy ${probe.version}`;
  progress(`Replacing ${path}: ${found}.`);
  return undefined;
}

async function install(options: Parameters<typeof installEnvoy>[0]): Promise<FoundEnvoy> {
  const path = await installEnvoy(options);
  return { path, version: ENVOY_RELEASE, source: 'installed' };
}
