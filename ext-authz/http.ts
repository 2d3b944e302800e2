import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { backendUrl, METADATA_PATH, type Policy } from '../core/policy/policy.ts';
import { isDnsLabel } from '../core/registry/names.ts';
import { jsonPage, PROMETHEUS_TEXT, sendPage } from '../runtime/http/pages.ts';

/** What the server shows about quotas. */
export interface QuotaFacts {
  /** Where quotas are kept at present. */
  readonly mode: string;
  /** In the text format of Prometheus. */
  readonly metrics: string;
}

/**
 * Serves the metadata of the protected resources (RFC 9728). Envoy routes to it without ext_authz. Names of backends are not looked up, so
 * that the metadata does not reveal which ones exist. Processes that may open the socket also get the readiness at `/readyz`, which does
 * not depend on Redis, and the counts at `/metrics`; Envoy has no route to these.
 */
export function createHttpServer(policy: () => Policy | undefined, quotas: QuotaFacts): Server {
  return createServer((request, response) => {
    const current = policy();
    // Envoy adds what lets pages of any origin read the metadata.
    if (request.method === 'OPTIONS') return void response.writeHead(204).end();
    const pathname = URL.parse(request.url ?? '/', 'http://localhost')?.pathname ?? '';
    if (pathname === '/readyz') {
      const ready = current !== undefined;
      return reply(request, response, ready ? 200 : 503, { ready, quotas: quotas.mode });
    }
    if (pathname === '/metrics') {
      return sendPage(request, response, { status: 200, type: PROMETHEUS_TEXT, body: quotas.metrics });
    }
    if (current === undefined) return reply(request, response, 503, { error: 'the gateway is not ready' });
    const resource = resourceOf(current, pathname);
    if (resource === undefined) return reply(request, response, 404, { error: 'no such resource' });
    reply(request, response, 200, {
      resource,
      authorization_servers: current.settings.issuers.map(({ url }) => url),
      ...(current.settings.scopes.length > 0 ? { scopes_supported: current.settings.scopes } : {}),
      bearer_methods_supported: ['header'],
    });
  });
}

// RFC 9728, section 3.1: the path of the resource follows the well-known path.
function resourceOf({ settings }: Policy, pathname: string): string | undefined {
  if (pathname === METADATA_PATH) return settings.publicUrl;
  const [backend = '', endpoint, ...rest] = pathname.slice(METADATA_PATH.length + 1).split('/');
  const named =
    pathname.startsWith(`${METADATA_PATH}/`) && isDnsLabel(backend) && endpoint === 'mcp' && rest.length === 0;
  return named ? backendUrl(settings, backend) : undefined;
}

function reply(request: IncomingMessage, response: ServerResponse, status: number, body: unknown): void {
  sendPage(request, response, jsonPage(status, body));
}
