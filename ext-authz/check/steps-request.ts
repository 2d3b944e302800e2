import { type Denial, deny } from '../../core/mcp/denial.ts';
import type { PolicySettings } from '../../core/policy/policy.ts';
import { isDnsLabel } from '../../core/registry/names.ts';
import type { RequestHead, Target } from './request.ts';

const METHODS = ['GET', 'POST', 'DELETE'];

/** Checks Host and Origin against DNS rebinding (MCP, Streamable HTTP, security warning). */
export function checkEdge(request: RequestHead, settings: PolicySettings): Denial | undefined {
  const { allowedHosts, allowedOrigins } = settings;
  if (!allowedHosts.some((pattern) => matchesHost(request.host.toLowerCase(), pattern))) {
    return deny('forbidden-edge', { message: 'This Host is not allowed' });
  }
  const { origin } = request.headers;
  if (origin !== undefined && !allowedOrigins.some((pattern) => matchesHost(origin.toLowerCase(), pattern))) {
    return deny('forbidden-edge', { message: 'This Origin is not allowed' });
  }
  return undefined;
}

/** Reads the path `/<backend>/mcp`. The method must be GET, POST or DELETE. */
export function readTarget(request: RequestHead): Target | Denial {
  const mark = request.path.indexOf('?');
  const path = mark < 0 ? request.path : request.path.slice(0, mark);
  const query = mark < 0 ? '' : request.path.slice(mark);
  const [, backend = '', endpoint, ...rest] = path.split('/');
  if (!isDnsLabel(backend) || rest.length > 0) return deny('unknown-backend');
  if (endpoint === 'sse' || endpoint === 'messages')
    return deny('old-transport', { data: { endpoint: `/${backend}/mcp` } });
  if (endpoint !== 'mcp') return deny('unknown-backend');
  if (!METHODS.includes(request.method)) return deny('method-not-allowed', { headers: { allow: METHODS.join(', ') } });
  if (query !== '' && holdsToken(query)) {
    return deny('bad-request', {
      message: 'An access token must be sent in the Authorization header (RFC 6750, section 2.1)',
    });
  }
  return { backend, query };
}

// Any spelling counts, because the query reaches the server, and its logs.
function holdsToken(query: string): boolean {
  const names = [...new URLSearchParams(query.replaceAll(';', '&')).keys()];
  return names.some((name) => /^\s*access_token\b/i.test(name));
}

// `*` matches any host, `localhost:*` matches localhost with any port or none.
function matchesHost(value: string, pattern: string): boolean {
  if (pattern === '*' || pattern === value) return true;
  return pattern.endsWith(':*') && value.replace(/:\d+$/, '') === pattern.slice(0, -2);
}
