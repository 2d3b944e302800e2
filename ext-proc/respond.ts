import { randomBytes } from 'node:crypto';
import type { RequestId } from '../core/mcp/denial.ts';
import type { PolicyBackend } from '../core/policy/policy.ts';
import { type EndedSession, ownerOf } from '../core/session/ended-record.ts';
import { MAX_SERVER_SESSION_ID_LENGTH, type SessionOwner } from '../core/session/seal.ts';
import { SERIAL_BYTES, type Session } from '../core/session/session.ts';

/** A response in a lane with ext-proc, free of protobuf. */
export interface LaneResponse {
  status: number;
  /** The values of all `Mcp-Session-Id` headers of the server's response. */
  serverSessionIds: readonly string[];
  /** The endpoint that Envoy chose, as `stateful_session` writes it: base64 of ip:port. */
  pin: string | undefined;
}

/** What ext-authz passes to ext-proc about a request that may open or close a session. */
export type SessionRequest =
  | ({ lane: 'open'; id: RequestId } & SessionOwner)
  | ({ lane: 'close'; fingerprint: string; issuedAtSeconds: number; expiresAtSeconds: number } & SessionOwner);

/** What to do with the response. */
export type ResponseStep =
  | { kind: 'pass' }
  | { kind: 'seal'; session: Session }
  | { kind: 'end-session'; session: EndedSession; of: SessionOwner }
  /** The endpoint is not known. */
  | { kind: 'unpinnable'; reason: string }
  /** The server's session id is not one that MCP allows. */
  | { kind: 'invalid'; backend: string; why: string };

/**
 * Decides about a response. If it opens a session, a sealed id replaces the server's. If it closes one, a tombstone is left. Any other
 * response passes. A session is not opened if its id is invalid, or if its endpoint is not known, so that it cannot be pinned.
 */
export function respond(
  request: SessionRequest,
  response: LaneResponse,
  backend: (name: string) => PolicyBackend | undefined,
  nowSeconds: number,
  random: (size: number) => Buffer = randomBytes,
): ResponseStep {
  const success = response.status >= 200 && response.status < 300;
  if (request.lane === 'close') {
    if (!success) return { kind: 'pass' };
    const { backend, tenant, principal, fingerprint, issuedAtSeconds, expiresAtSeconds: forgetAtSeconds } = request;
    const of = { backend, tenant, principal };
    return { kind: 'end-session', session: { fingerprint, owner: ownerOf(of), issuedAtSeconds, forgetAtSeconds }, of };
  }
  const { serverSessionIds, pin } = response;
  if (serverSessionIds.every((id) => id === '')) return { kind: 'pass' };
  const [serverSessionId = ''] = serverSessionIds;
  const why = serverSessionIds.length > 1 ? 'the header is there several times' : problemOf(serverSessionId);
  if (why !== undefined) return { kind: 'invalid', backend: request.backend, why };
  const address = Buffer.from(pin ?? '', 'base64').toString('utf8');
  const endpoint = backend(request.backend)?.endpoints.find((candidate) => candidate.address === address);
  if (endpoint === undefined) {
    return { kind: 'unpinnable', reason: `${address} is not an endpoint of ${request.backend}` };
  }
  const session = {
    backend: request.backend,
    tenant: request.tenant,
    principal: request.principal,
    endpoint: endpoint.id,
    incarnation: endpoint.incarnation,
    serverSessionId,
    issuedAtSeconds: nowSeconds,
    serial: random(SERIAL_BYTES),
  };
  return { kind: 'seal', session };
}

function problemOf(serverSessionId: string): string | undefined {
  if (serverSessionId.length > MAX_SERVER_SESSION_ID_LENGTH) return 'it is too long';
  // MCP 2025-11-25, Streamable HTTP, session management. Other characters would not reach the server unchanged.
  return /^[\x21-\x7e]+$/.test(serverSessionId) ? undefined : 'it is not visible ASCII';
}
