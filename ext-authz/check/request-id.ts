import type { RequestId } from '../../core/mcp/denial.ts';
import { requestIdOf } from '../../core/mcp/request-id.ts';
import type { HttpRequest } from './request.ts';

/** Bodies of callers that nobody knows yet are read only up to here. */
const MAX_BYTES = 65_536;

/** The JSON-RPC id of a request that is refused before its message was read; null when there is none to be had. */
export function readRequestId(request: HttpRequest): RequestId {
  if (request.body.length === 0 || request.body.length > MAX_BYTES) return null;
  try {
    const text = request.body.toString('utf8');
    return requestIdOf(JSON.parse(text), text);
  } catch {
    return null;
  }
}
