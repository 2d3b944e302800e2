import { availableParallelism, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { findRedis } from '../../test/support/redis-binary.ts';
import type { Children } from '../tools/children.ts';
import { goVersion } from '../tools/go.ts';
import { RATE_LIMIT_VERSION } from '../tools/ratelimit.ts';

const PROJECT_DIR = fileURLToPath(new URL('../..', import.meta.url));

/** The conditions of a measurement. */
export interface Facts {
  /** ISO 8601, UTC, to the minute. */
  date: string;
  /** Name to version, in the order of the report. */
  versions: Record<string, string>;
  machine: { cores: number; memoryGiB: number; platform: string };
  envoyConcurrency: number;
}

/** Gathers the facts. They contain no name of the machine or of a person. */
export async function gatherFacts(
  children: Children,
  known: { envoy: string; wrk: string; envoyConcurrency: number; cacheDir: string; now: Date },
): Promise<Facts> {
  return {
    date: `${known.now.toISOString().slice(0, 16)}Z`,
    versions: {
      'mcp-gateway': await commitOf(children),
      Envoy: known.envoy,
      'Node.js': process.versions.node,
      Go: (await goVersion(children)).replace(/^go/, ''),
      'Go rate limit service': RATE_LIMIT_VERSION,
      Redis: (await findRedis({ searchPath: process.env.PATH, cacheDir: known.cacheDir, progress: () => {} })).version,
      wrk: known.wrk,
    },
    machine: {
      cores: availableParallelism(),
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      platform: `${process.platform}-${process.arch}`,
    },
    envoyConcurrency: known.envoyConcurrency,
  };
}

/** The commit of the project, and whether the working tree differs from it. */
async function commitOf(children: Children): Promise<string> {
  const git = (...args: string[]) => children.run({ name: `git ${args[0]}`, command: 'git', args, cwd: PROJECT_DIR });
  try {
    const commit = (await git('rev-parse', '--short', 'HEAD')).trim();
    const changes = await git('status', '--porcelain', '--', '.', ':!bench/RESULTS.md');
    return changes.trim() === '' ? `commit ${commit}` : `commit ${commit} with local changes`;
  } catch {
    return 'not from a commit';
  }
}
