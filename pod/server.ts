import type { Server } from 'node:http';
import { createPageServer, jsonPage, type Page, PROMETHEUS_TEXT, textPage } from '../runtime/http/pages.ts';
import { askAdmin } from '../runtime/http/unix-client.ts';
import { isAlive, type PodSockets, podMetrics, podQuota, reasonsNotReady } from './probes.ts';

/**
 * The HTTP server of a gateway pod. For the kubelet and Prometheus: `GET /readyz`, `/livez`, `/livez/<process>`, `/metrics` (of
 * ext-authz) and `/stats/prometheus` (of Envoy). For administrators, through the API server: `/quotas/<tenant>`. Everything else is
 * 404, because Envoy's admin interface can stop Envoy and shows its configuration.
 */
export function createPodServer(sockets: PodSockets): Server {
  return createPageServer((target) => pageOf(target, sockets));
}

async function pageOf(target: string, sockets: PodSockets): Promise<Page> {
  if (target === '/readyz') {
    const reasons = await reasonsNotReady(sockets);
    const ready = reasons.length === 0;
    return jsonPage(ready ? 200 : 503, { ready, reasons });
  }
  if (target === '/livez') return textPage(200, 'ok\n');
  const alive = target.startsWith('/livez/') ? await isAlive(target.slice('/livez/'.length), sockets) : undefined;
  if (alive !== undefined) return alive ? textPage(200, 'ok\n') : textPage(503, 'no answer\n');
  const tenant = /^\/quotas\/([a-z0-9-]+)$/.exec(target)?.[1];
  if (tenant !== undefined) return jsonPage(200, await podQuota(tenant, sockets));
  if (target === '/metrics') return metricsPage(await podMetrics(sockets));
  if (target === '/stats/prometheus') {
    return metricsPage(await askAdmin(sockets.admin, 'GET', '/stats/prometheus?usedonly'));
  }
  return textPage(404, 'no such page\n');
}

function metricsPage(body: string): Page {
  return { status: 200, type: PROMETHEUS_TEXT, body };
}
