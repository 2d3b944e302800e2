import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const TIMEOUT_MS = 2_000;
const POLL_MS = 50;

/** Asks Envoy's admin interface on its Unix socket. Rejects when it does not answer. */
export function askAdmin(socketPath: string, method: 'GET' | 'POST', path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, method, path, timeout: TIMEOUT_MS }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
      response.on('error', reject);
    });
    call.on('timeout', () => call.destroy(new Error('no answer')));
    call.on('error', reject);
    call.end();
  });
}

/**
 * Lets an Envoy that will be stopped finish: it takes no new connections, and requests under way may end for at most
 * `maxMs`. An Envoy that does not answer has nothing to finish.
 */
export async function drainEnvoy(socketPath: string, maxMs: number): Promise<void> {
  const deadline = performance.now() + maxMs;
  try {
    await askAdmin(socketPath, 'POST', '/drain_listeners?graceful&skip_exit');
    while (performance.now() < deadline) {
      const stats = await askAdmin(socketPath, 'GET', '/stats?filter=^http.mcp.downstream_rq_active$');
      if (/: 0\s*$/.test(stats)) return;
      await sleep(POLL_MS);
    }
  } catch {
    // It has ended, or never started.
  }
}
