import { once } from 'node:events';
import { UserError } from '../../core/errors.ts';
import { createPageServer, textPage } from '../../runtime/http/pages.ts';

/** What the health listener tells. */
export interface HealthFacts {
  /** Why it is not ready; undefined: it is. */
  notReady: () => string | undefined;
  /** Text for Prometheus. */
  metrics: () => string;
}

/**
 * Answers `/livez`, `/readyz` and `/metrics` on all interfaces.
 *
 * @param port 0 picks a free one
 * @throws UserError where the port is taken
 */
export async function serveHealth(port: number, facts: HealthFacts): Promise<{ port: number; stop(): Promise<void> }> {
  const server = createPageServer((target) => {
    const path = target.split('?')[0];
    if (path === '/livez') return textPage(200, 'ok\n');
    if (path === '/metrics') return textPage(200, facts.metrics());
    if (path !== '/readyz') return textPage(404, 'there is /livez, /readyz and /metrics\n');
    const problem = facts.notReady();
    return problem === undefined ? textPage(200, 'ok\n') : textPage(503, `${problem}\n`);
  });
  server.listen(port);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new UserError('port-taken', `the health port ${port} cannot be listened on`, {
      hint: 'Choose another one with --health-port.',
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
