import { setTimeout as sleep } from 'node:timers/promises';
import { askAdmin } from '../runtime/http/unix-client.ts';

const POLL_MS = 50;
const POD_POLL_MS = 250;
const ACTIVE_REQUESTS = '/stats?filter=^http\\.mcp\\.downstream_rq_active$';

/** The time limits for draining the Envoy of a pod. */
export interface PodDrain {
  /** How long new connections are still accepted, while load balancers learn that the pod is leaving. */
  settleMs: number;
  /** How long requests in progress may take in total; streams that are still open are cut then. At least `settleMs`. */
  maxMs: number;
}

/**
 * Drains the Envoy of a local gateway before it is stopped: it accepts no new connections, and requests in progress get at most
 * `maxMs` to finish. An Envoy that does not answer is considered drained.
 */
export async function drainEnvoy(adminSocket: string, maxMs: number): Promise<void> {
  const deadline = performance.now() + maxMs;
  try {
    await askAdmin(adminSocket, 'POST', '/drain_listeners?graceful&skip_exit');
    while (performance.now() < deadline) {
      if (isIdle(await askAdmin(adminSocket, 'GET', ACTIVE_REQUESTS))) return;
      await sleep(POLL_MS);
    }
  } catch {
    // Envoy has ended, or never started.
  }
}

/**
 * Drains the Envoy of a pod that is terminating. It reports itself unhealthy and asks its clients to reconnect elsewhere, but
 * accepts new connections for `settleMs`, because load balancers learn of the change late. Resolves once no request is in progress,
 * or after `maxMs`. An Envoy that is gone is considered drained.
 */
export async function drainPod(adminSocket: string, { settleMs, maxMs }: PodDrain): Promise<void> {
  const start = performance.now();
  const isLate = () => performance.now() - start >= maxMs;
  // A busy Envoy may answer late. That is no reason to cut its requests.
  const ask = (method: 'GET' | 'POST', path: string) =>
    askAdmin(adminSocket, method, path).catch((error: unknown) => {
      if (isGone(error)) throw error;
      return '';
    });
  const untilIdle = async () => {
    while (!isLate() && !isIdle(await ask('GET', ACTIVE_REQUESTS))) await sleep(POD_POLL_MS);
  };
  try {
    await ask('POST', '/healthcheck/fail');
    await sleep(settleMs);
    await untilIdle();
    await ask('POST', '/drain_listeners');
    await untilIdle();
  } catch {
    // Envoy has ended, or never started.
  }
}

function isIdle(stats: string): boolean {
  return /: 0\s*$/.test(stats);
}

function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ECONNREFUSED' || error.code === 'ENOENT');
}
