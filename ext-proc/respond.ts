import type { PolicyBackend } from '../core/policy/policy.ts';
import { MAX_SERVER_SESSION_ID_LENGTH } from '../core/session/seal.ts';
import type { Session } from '../core/session/session.ts';

/** A response in a lane with ext-proc, free of protobuf. */
export interface LaneResponse {
  status: number;
  /** The `Mcp-Session-Id` of the server's response. */
  serverSessionId: string | undefined;
  /** The endpoint that Envoy chose, as `stateful_session` writes it: base64 of ip:port. */
  pin: string | undefined;
}

/** What ext-authz passes to ext-proc about a request that may open or close a session. */
export type SessionRequest =
  | { lane: 'open'; backend: string; tenant: string; principal: Buffer }
  /** `sealed` is the client's own id. */
  | { lane: 'close'; fingerprint: string; sealed: string; expiresAtSeconds: number };

/** What to do with the response. */
export type ResponseStep =
  | { kind: 'pass' }
  | { kind: 'seal'; session: Session }
  | { kind: 'end-session'; fingerprint: string; sealed: string; expiresAtSeconds: number }
  | { kind: 'fail'; reason: string };

/**
 * Decides about a response. If it opens a session, a sealed id replaces the server's. If it closes one, a tombstone is left. Any other
 * response passes. A session whose endpoint is not known cannot be pinned, so it is not opened.
 */
export function respond(
  request: SessionRequest,
  response: LaneResponse,
  backend: (name: string) => PolicyBackend | undefined,
  nowSeconds: number,
): ResponseStep {
  const success = response.status >= 200 && response.status < 300;
  if (request.lane === 'close') {
    const { fingerprint, sealed, expiresAtSeconds } = request;
    return success ? { kind: 'end-session', fingerprint, sealed, expiresAtSeconds } : { kind: 'pass' };
  }
  const { serverSessionId, pin } = response;
  if (serverSessionId === undefined || serverSessionId === '') return { kind: 'pass' };
  if (serverSessionId.length > MAX_SERVER_SESSION_ID_LENGTH) return fail('the session id of the server is too long');
  // MCP 2025-11-25, Streamable HTTP, session management. Other characters would not reach the server unchanged.
  if (!/^[\x21-\x7e]+$/.test(serverSessionId)) return fail('the session id of the server is not visible ASCII');
  const address = Buffer.from(pin ?? '', 'base64').toString('utf8');
  const endpoint = backend(request.backend)?.endpoints.find((candidate) => candidate.address === address);
  if (endpoint === undefined) return fail(`${address} is not an endpoint of ${request.backend}`);
  const session = {
    backend: request.backend,
    tenant: request.tenant,
    principal: request.principal,
    endpoint: endpoint.id,
    incarnation: endpoint.incarnation,
    serverSessionId,
    issuedAtSeconds: nowSeconds,
  };
  return { kind: 'seal', session };
}

function fail(reason: string): ResponseStep {
  return { kind: 'fail', reason };
}
