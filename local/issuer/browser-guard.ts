import type { Context, Middleware } from 'oidc-provider';

/** Endpoints that scripts of a client in a browser call, such as the MCP Inspector, with their methods. */
const SCRIPTED = new Map([
  ['/.well-known/openid-configuration', 'GET'],
  ['/.well-known/oauth-authorization-server', 'GET'],
  ['/jwks', 'GET'],
  ['/token', 'POST'],
  ['/register', 'POST'],
]);

const LOOPBACK_HOSTS = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Whether an `Origin` header names a page on a loopback address. */
export function isLoopbackOrigin(origin: string): boolean {
  const url = URL.parse(origin);
  return url !== null && LOOPBACK_HOSTS.has(url.hostname) && (url.protocol === 'http:' || url.protocol === 'https:');
}

/**
 * Rejects requests for another host name. A foreign web page can reach a loopback server under its own name (DNS rebinding),
 * and the library would build its endpoint URLs from that name.
 *
 * @param host host and port of the issuer URL
 */
export function requireHost(host: string): Middleware {
  return async (ctx, next) => {
    if (ctx.host === host) return next();
    ctx.status = 421;
    ctx.body = { error: 'invalid_request', error_description: `this server accepts requests only for ${host}` };
  };
}

/** CORS for loopback origins on the endpoints in `SCRIPTED`, and for nothing else. */
export const loopbackCors: Middleware = async (ctx, next) => {
  const origin = ctx.get('Origin');
  const method = SCRIPTED.get(ctx.path);
  const allowed = method !== undefined && isLoopbackOrigin(origin);
  ctx.vary('Origin');
  if (ctx.method === 'OPTIONS') {
    ctx.status = 204;
    if (allowed) allowPreflight(ctx, origin, method);
    return;
  }
  if (allowed) {
    ctx.set('Access-Control-Allow-Origin', origin);
    ctx.set('Access-Control-Expose-Headers', 'WWW-Authenticate');
  }
  await next();
  // The library allows every origin for discovery and the key set.
  if (!allowed) ctx.remove('Access-Control-Allow-Origin');
};

function allowPreflight(ctx: Context, origin: string, method: string): void {
  ctx.set('Access-Control-Allow-Origin', origin);
  ctx.set('Access-Control-Allow-Methods', method);
  ctx.set('Access-Control-Max-Age', '3600');
  const headers = ctx.get('Access-Control-Request-Headers');
  if (headers !== '') ctx.set('Access-Control-Allow-Headers', headers);
}
