import { once } from 'node:events';
import { createServer } from 'node:http';
import { UserError } from '../../core/errors.ts';

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
  const server = createServer((request, response) => {
    const answer = (status: number, text: string) =>
      response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(text);
    const verdict = (problem: string | undefined) =>
      problem === undefined ? answer(200, 'ok\n') : answer(503, `${problem}\n`);
    const path = request.url?.split('?')[0];
    if (request.method !== 'GET' && request.method !== 'HEAD') answer(405, 'only GET\n');
    else if (path === '/livez') answer(200, 'ok\n');
    else if (path === '/readyz') verdict(facts.notReady());
    else if (path === '/metrics') answer(200, facts.metrics());
    else answer(404, 'there is /livez, /readyz and /metrics\n');
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
