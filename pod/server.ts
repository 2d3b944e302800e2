import { createServer, type Server, type ServerResponse } from 'node:http';
import { messageOf } from '../core/errors.ts';
import { askAdmin } from '../envoy/admin.ts';
import { isAlive, type PodSockets, podMetrics, podQuota, reasonsNotReady } from './probes.ts';

const PROMETHEUS = 'text/plain; version=0.0.4; charset=utf-8';
const MAX_CONNECTIONS = 64;
const REQUEST_TIMEOUT_MS = 5_000;

/**
 * What may be asked of a pod: by the kubelet and Prometheus `GET /readyz`, `/livez`, `/livez/<process>`, `/metrics` (of ext-authz) and
 * `/stats/prometheus` (of Envoy); by those who administer the gateway, through the API server, `/quotas/<tenant>`. Everything else is
 * 404: Envoy's admin interface can stop it and shows its configuration.
 */
export function createPodServer(sockets: PodSockets): Server {
  const server = createServer(
    { requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS },
    (request, response) => {
      request.resume();
      if (request.method !== 'GET') return answer(response, 405, 'text/plain', 'only GET\n');
      reply(request.url ?? '', sockets, response).catch((error: unknown) =>
        answer(response, 503, 'text/plain', `${messageOf(error)}\n`),
      );
    },
  );
  server.maxConnections = MAX_CONNECTIONS;
  return server;
}

async function reply(path: string, sockets: PodSockets, response: ServerResponse): Promise<void> {
  if (path === '/readyz') {
    const reasons = await reasonsNotReady(sockets);
    const ready = reasons.length === 0;
    return answer(response, ready ? 200 : 503, 'application/json', JSON.stringify({ ready, reasons }));
  }
  if (path === '/livez') return answer(response, 200, 'text/plain', 'ok\n');
  const alive = path.startsWith('/livez/') ? await isAlive(path.slice('/livez/'.length), sockets) : undefined;
  if (alive !== undefined) return answer(response, alive ? 200 : 503, 'text/plain', alive ? 'ok\n' : 'no answer\n');
  const tenant = /^\/quotas\/([a-z0-9-]+)$/.exec(path)?.[1];
  if (tenant !== undefined) {
    return answer(response, 200, 'application/json', JSON.stringify(await podQuota(tenant, sockets)));
  }
  if (path === '/metrics') return answer(response, 200, PROMETHEUS, await podMetrics(sockets));
  if (path === '/stats/prometheus') {
    return answer(response, 200, PROMETHEUS, await askAdmin(sockets.admin, 'GET', '/stats/prometheus?usedonly'));
  }
  answer(response, 404, 'text/plain', 'no such page\n');
}

function answer(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
  response.end(body);
}
