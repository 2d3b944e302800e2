import { readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { ChainContext } from '../chains/chain.ts';
import { untilReady } from './ready.ts';
import { fillTemplate } from './template.ts';

/** An Envoy that is ready on the port of its only listener. */
export interface RunningEnvoy {
  readonly port: number;
  stop(): Promise<void>;
}

/**
 * Starts Envoy with a configuration of `anchors/`. The listener takes a free port, which is read from the admin interface on a
 * Unix socket.
 */
export async function startEnvoy(
  name: string,
  configPath: string,
  values: Readonly<Record<string, string>>,
  context: ChainContext,
): Promise<RunningEnvoy> {
  const adminSocket = join(context.runDir, `${name}-admin.sock`);
  const config = fillTemplate(await readFile(configPath, 'utf8'), { ...values, ADMIN_SOCKET: adminSocket });
  const filledPath = join(context.runDir, `${name}.yaml`);
  await writeFile(filledPath, config, { mode: 0o600 });
  const child = await context.children.start({
    name: `envoy (${name})`,
    command: context.envoyPath,
    args: [
      ...['--config-path', filledPath],
      ...['--concurrency', String(context.envoyConcurrency)],
      ...['--log-level', 'warning'],
      '--use-dynamic-base-id',
    ],
  });
  const port = await untilReady(child, async () => {
    if ((await adminGet(adminSocket, '/ready')).trim() !== 'LIVE') return undefined;
    return listenerPort(await adminGet(adminSocket, '/listeners?format=json'));
  });
  return { port, stop: () => child.stop() };
}

/** The port of the first listener in the answer from Envoy's `/listeners?format=json`. */
export function listenerPort(listeners: string): number | undefined {
  const parsed = JSON.parse(listeners) as {
    listener_statuses?: { local_address?: { socket_address?: { port_value?: number } } }[];
  };
  return parsed.listener_statuses?.[0]?.local_address?.socket_address?.port_value;
}

function adminGet(socketPath: string, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, path, agent: false }, (response) => text(response).then(resolve, reject));
    call.on('error', reject);
    call.end();
  });
}
