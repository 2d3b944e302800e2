import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Chain } from '../chains/chain.ts';
import type { Upstream } from '../chains/upstream.ts';
import type { Children } from '../tools/children.ts';
import type { Wrk } from '../tools/wrk.ts';
import { callRequests, renderFrames } from './requests.ts';
import { type Counts, type Sample, sampleOf } from './sample.ts';
import { openSession } from './session.ts';
import { parseWrkOutput } from './wrk-result.ts';

const SCRIPT = fileURLToPath(new URL('call.lua', import.meta.url));

/** A chain with sessions opened through it, ready for load. */
export interface Target {
  readonly chain: Chain;
  readonly requestsPath: string;
}

/** Opens the sessions of the load. */
export async function prepareTarget(chain: Chain, sessionCount: number, runDir: string): Promise<Target> {
  const sessions: string[] = [];
  while (sessions.length < sessionCount) sessions.push(await openSession(chain));
  const requestsPath = join(runDir, `${chain.name}.requests`);
  await writeFile(requestsPath, renderFrames(callRequests(chain, sessions)), { mode: 0o600 });
  return { chain, requestsPath };
}

/** Loads one chain. No other chain may be under load at the same time. */
export async function measure(
  { chain, requestsPath }: Target,
  load: { connections: number; seconds: number },
  { wrk, upstream, children }: { wrk: Wrk; upstream: Upstream; children: Children },
): Promise<Sample> {
  const before = await count(chain, upstream);
  const output = await children.run({
    name: `wrk (${chain.name})`,
    command: wrk.path,
    args: [
      ...['--threads', '1', '--connections', String(load.connections), '--duration', `${load.seconds}s`],
      ...['--script', SCRIPT, chain.url, '--', requestsPath],
    ],
    env: wrk.env,
  });
  const after = await count(chain, upstream);
  return sampleOf(parseWrkOutput(output), load.connections, difference(before, after));
}

async function count(chain: Chain, upstream: Upstream): Promise<Counts> {
  const quota = await chain.counted?.();
  return { upstream: await upstream.calls(), ...(quota !== undefined && { quota }) };
}

function difference(before: Counts, after: Counts): Counts {
  const upstream = after.upstream - before.upstream;
  if (before.quota === undefined || after.quota === undefined) return { upstream };
  return { upstream, quota: after.quota - before.quota };
}
