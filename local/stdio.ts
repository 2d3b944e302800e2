import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Backend } from '../core/registry/backend.ts';
import { stdioSchema } from '../core/registry/workload.ts';
import type { Logger } from '../runtime/log.ts';
import { endLeftovers } from '../runtime/processes/leftovers.ts';

/** `--drain` of the bridge: the gateway has drained the replica before it stops the bridge. */
const DRAIN = '0s';

/**
 * The command of a replica whose backend does not speak Streamable HTTP: a bridge on `port`, followed by the command or URL of the
 * server.
 *
 * @param program path of `mcp-gateway`
 * @param folder base of relative paths
 * @param recordFile file in which the bridge records its processes
 */
export function bridgeCommand(
  backend: Backend,
  { program, folder, port, recordFile }: { program: string; folder: string; port: number; recordFile: string },
): string[] {
  const { maxSessions, idle } = backend.stdio ?? backend.sse ?? stdioSchema.parse({});
  const options = ['--port', String(port), '--path', backend.path, '--children', recordFile, '--drain', DRAIN];
  options.push('--max-sessions', String(maxSessions), '--idle', `${idle}ms`);
  const server = backend.sseUrl === undefined ? ['--', ...(backend.command ?? [])] : sseFlags(backend, folder);
  return [process.execPath, program, 'bridge', ...options, ...server];
}

function sseFlags({ sseUrl = '', caFile, clientCertificate }: Backend, folder: string): string[] {
  const file = (flag: string, path: string | undefined) => (path === undefined ? [] : [flag, resolve(folder, path)]);
  const { certFile, keyFile } = clientCertificate ?? {};
  return [
    '--sse',
    sseUrl,
    ...file('--ca-file', caFile),
    ...file('--cert-file', certFile),
    ...file('--key-file', keyFile),
  ];
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
