import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Backend } from '../core/registry/backend.ts';
import { stdioSchema } from '../core/registry/workload.ts';
import type { Logger } from '../runtime/log.ts';
import { endLeftovers } from '../runtime/processes/leftovers.ts';

/** Commands of one replica's bridge: the gateway has drained it by the time it is told to end. */
const DRAIN = '0s';

/**
 * The command of a replica whose backend speaks stdio: a bridge on `port`, and the server's own command after it.
 *
 * @param program the program of which `bridge` is a command
 * @param recordFile where the bridge notes its processes
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
 * Where the bridge of a replica notes its processes: each in a file of its own beside that of the gateway's own children.
 *
 * @param children the record file of the gateway
 */
export function bridgeRecord(children: string, replica: string): string {
  const folder = recordFolder(children);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return join(folder, `${replica}.json`);
}

/** Ends the servers whose bridges were killed together with an earlier gateway. */
export async function endBridgeLeftovers(children: string, log: Logger): Promise<void> {
  const folder = recordFolder(children);
  if (!existsSync(folder)) return;
  await Promise.all(readdirSync(folder).map((name) => endLeftovers(join(folder, name), log)));
  rmSync(folder, { recursive: true, force: true });
}

function recordFolder(children: string): string {
  return join(dirname(children), 'bridges');
}
