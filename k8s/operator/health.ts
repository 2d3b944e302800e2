import { once } from 'node:events';
import { UserError } from '../../core/errors.ts';
import { createPageServer, textPage } from '../../runtime/http/pages.ts';

/** What the health listener reports. */
export interface HealthFacts {
  /** Why the operator is not ready; undefined if it is. */
  notReady: () => string | undefined;
  /** Metrics in the Prometheus text format. */
  metrics: () => string;
}

/**
 * Serves `/livez`, `/readyz` and `/metrics` on all interfaces.
 *
 * @param port 0 picks a free one
 * @throws UserError if the port cannot be listened on
 */
export async function serveHealth(port: number, facts: HealthFacts): Promise<{ port: number; stop(): Promise<void> }> {
  const server = createPageServer((target) => {
    const path = target.split('?')[0];
    if (path === '/livez') return textPage(200, 'ok\n');
    if (path === '/metrics') return textPage(200, facts.metrics());
    if (path !== '/readyz') return textPage(404, 'not found: use /livez, /readyz or /metrics\n');
    const problem = facts.notReady();
    return problem === undefined ? textPage(200, 'ok\n') : textPage(503, `${problem}\n`);
  });
  server.listen(port);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new UserError('port-taken', `cannot listen on the health port ${port}`, {
      hint: 'Choose another port with --health-port.',
      cause: error,
    });
  }
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
