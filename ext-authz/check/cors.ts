import type { RequestHead } from './request.ts';

const METHODS = 'GET, POST, DELETE';

/** The star covers Mcp-Param-* and other headers; for browsers it covers all but authorization. */
const REQUEST_HEADERS =
  'authorization, content-type, last-event-id, mcp-session-id, mcp-protocol-version, mcp-method, mcp-name, x-tenant, *';
const RESPONSE_HEADERS =
  'mcp-session-id, mcp-protocol-version, www-authenticate, retry-after, ratelimit, ratelimit-policy, x-request-id';
const MAX_AGE_SECONDS = 600;

/** Whether a request is a CORS preflight (Fetch Standard, CORS-preflight request). */
export function isPreflight({ method, headers }: RequestHead): boolean {
  return method === 'OPTIONS' && headers.origin !== undefined && headers['access-control-request-method'] !== undefined;
}

/** The headers that let a page read the response; none if the request has no Origin. The origin must have been checked. */
export function corsHeaders({ headers }: RequestHead): Record<string, string> {
  if (headers.origin === undefined) return {};
  return { 'access-control-allow-origin': headers.origin, 'access-control-expose-headers': RESPONSE_HEADERS };
}

/** The further headers of the response to a preflight. */
export function preflightHeaders(): Record<string, string> {
  return {
    'access-control-allow-methods': METHODS,
    'access-control-allow-headers': REQUEST_HEADERS,
    'access-control-max-age': String(MAX_AGE_SECONDS),
  };
}
