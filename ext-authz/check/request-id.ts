import type { RequestId } from '../../core/mcp/denial.ts';
import { scanJson } from '../../core/mcp/json-scan.ts';
import { requestIdOf } from '../../core/mcp/request-id.ts';
import type { HttpRequest } from './request.ts';

/** Longer bodies are not parsed: the caller is not authenticated yet. */
const MAX_BYTES = 65_536;

/** The JSON-RPC id of a request that is denied before its message is read; null if it has none, or its body cannot be parsed. */
export function readRequestId(request: HttpRequest): RequestId {
  if (request.body.length === 0 || request.body.length > MAX_BYTES) return null;
  try {
    const text = request.body.toString('utf8');
    const { id, excess } = scanJson(text);
    return excess === undefined ? requestIdOf(JSON.parse(text), id) : null;
  } catch {
    return null;
  }
}
