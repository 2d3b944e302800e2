import { isUtf8 } from 'node:buffer';
import { type Denial, deny } from './denial.ts';

/** Requests whose `Mcp-Name` header repeats a member of `params` (MCP 2026-07-28, Streamable HTTP, standard headers). */
const NAMED_BY: Readonly<Record<string, string>> = {
  'tools/call': 'name',
  'prompts/get': 'name',
  'resources/read': 'uri',
  'tasks/get': 'taskId',
  'tasks/update': 'taskId',
  'tasks/cancel': 'taskId',
};

/** The specification's own code for headers that disagree with the body. */
export const HEADER_MISMATCH = -32020;

/** The headers of a request that repeat its body. */
export interface StandardHeaders {
  protocolVersion: string | undefined;
  mcpMethod: string | undefined;
  mcpName: string | undefined;
}

/**
 * Compares `Mcp-Method` and `Mcp-Name` with the single request of a body. Denies a header that disagrees in either era, a missing header
 * only if it is required. The classifier checks the value of `MCP-Protocol-Version`.
 *
 * @param required whether the request is of 2026-07-28 or later
 */
export function checkStandardHeaders(headers: StandardHeaders, body: unknown, required: boolean): Denial | undefined {
  const { method, params, id } = Object(body) as { method?: unknown; params?: unknown; id?: unknown };
  if (typeof method !== 'string') return undefined;
  const { protocolVersion, mcpMethod, mcpName } = headers;
  if (mcpMethod !== undefined && mcpMethod.trim() !== method) return mismatch('Mcp-Method', 'names another method');
  const key = Object.hasOwn(NAMED_BY, method) ? NAMED_BY[method] : undefined;
  const named: unknown = key === undefined ? undefined : Object(params)[key];
  if (mcpName !== undefined && typeof named === 'string') {
    const decoded = decodeHeader(mcpName.trim());
    if (decoded === undefined) return mismatch('Mcp-Name', 'is not encoded as the MCP specification requires');
    if (decoded !== named) return mismatch('Mcp-Name', `differs from params.${key}`);
  }
  // The headers are optional for notifications.
  if (!required || id === undefined) return undefined;
  if (protocolVersion === undefined) return mismatch('MCP-Protocol-Version', 'is missing');
  if (mcpMethod === undefined) return mismatch('Mcp-Method', 'is missing');
  return mcpName === undefined && typeof named === 'string' ? mismatch('Mcp-Name', 'is missing') : undefined;
}

// Values that are not plain ASCII are sent as =?base64?...?= of their UTF-8.
function decodeHeader(value: string): string | undefined {
  const encoded = /^=\?base64\?(.*)\?=$/.exec(value)?.[1];
  if (encoded === undefined) return value;
  const bytes = Buffer.from(encoded, 'base64');
  return bytes.toString('base64') === encoded && isUtf8(bytes) ? bytes.toString('utf8') : undefined;
}

function mismatch(header: string, what: string): Denial {
  const message = `The headers and the body of the request disagree: ${header} ${what}`;
  return deny('bad-request', { status: 400, code: HEADER_MISMATCH, message });
}
