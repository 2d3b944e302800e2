import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Backend } from '../core/registry/backend.ts';
import { stdioSchema } from '../core/registry/workload.ts';
import type { Logger } from '../runtime/log.ts';
import { endLeftovers } from '../runtime/processes/leftovers.ts';

/** `--drain` of the bridge: the gateway has drained the replica before it stops the bridge. */
const DRAIN = '0s';

/**
 * The command of a replica whose backend speaks stdio: a bridge on `port`, followed by the command of the server.
 *
 * @param program path of `mcp-gateway`
 * @param recordFile file in which the bridge records its processes
 */
export function bridgeCommand(
  backend: Backend & { command: string[] },
  { program, port, recordFile }: { program: string; port: number; recordFile: string },
): string[] {
  const { maxSessions, idle } = backend.stdio ?? stdioSchema.parse({});
  const options = ['--port', String(port), '--path', backend.path, '--children', recordFile, '--drain', DRAIN];
  options.push('--max-sessions', String(maxSessions), '--idle', `${idle}ms`);
  return [process.execPath, program, 'bridge', ...options, '--', ...backend.command];
}

/**
 * The file in which the bridge of a replica records its processes, in a folder beside the gateway's own record file.
 *
 * @param children the record file of the gateway
 */
export function bridgeRecord(children: string, replica: string): string {
  const folder = recordFolder(children);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return join(folder, `${replica}.json`);
}

/** Ends servers left over from an earlier gateway whose bridges were killed. */
export async function endBridgeLeftovers(children: string, log: Logger): Promise<void> {
  const folder = recordFolder(children);
  if (!existsSync(folder)) return;
  await Promise.all(readdirSync(folder).map((name) => endLeftovers(join(folder, name), log)));
  rmSync(folder, { recursive: true, force: true });
}

function recordFolder(children: string): string {
  return join(dirname(children), 'bridges');
}
