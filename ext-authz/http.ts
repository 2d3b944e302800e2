import { rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { MCP_SCOPE } from '../core/identity/scope.ts';
import { backendUrl, METADATA_PATH, type Policy } from '../core/policy/policy.ts';
import { isDnsLabel } from '../core/registry/names.ts';

/**
 * The metadata of the protected resources (RFC 9728), and the worker's readiness at `/readyz`. Envoy reaches it on a
 * static route without a token. The name of a backend is not looked up, so that nobody learns here which ones exist.
 */
export function createHttpServer(policy: () => Policy | undefined): Server {
  return createServer((request, response) => {
    const current = policy();
    const pathname = URL.parse(request.url ?? '/', 'http://localhost')?.pathname ?? '';
    if (pathname === '/readyz')
      return reply(request, response, current === undefined ? 503 : 200, { ready: current !== undefined });
    if (current === undefined) return reply(request, response, 503, { error: 'the gateway is not ready' });
    const resource = resourceOf(current, pathname);
    if (resource === undefined) return reply(request, response, 404, { error: 'no such resource' });
    reply(request, response, 200, {
      resource,
      authorization_servers: current.settings.issuers.map(({ url }) => url),
      scopes_supported: [MCP_SCOPE],
      bearer_methods_supported: ['header'],
    });
  });
}

/** Listens on a Unix socket, in place of one that an earlier process left. */
export async function listenUnix(server: Server, socket: string): Promise<void> {
  rmSync(socket, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(socket, resolve);
  });
}

// RFC 9728, section 3.1: the resource's path follows the well-known one.
function resourceOf({ settings }: Policy, pathname: string): string | undefined {
  if (pathname === METADATA_PATH) return settings.publicUrl;
  const [backend = '', endpoint, ...rest] = pathname.slice(METADATA_PATH.length + 1).split('/');
  const named =
    pathname.startsWith(`${METADATA_PATH}/`) && isDnsLabel(backend) && endpoint === 'mcp' && rest.length === 0;
  return named ? backendUrl(settings, backend) : undefined;
}

function reply(request: IncomingMessage, response: ServerResponse, status: number, body: unknown): void {
  request.resume();
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(request.method === 'HEAD' ? undefined : JSON.stringify(body));
}
