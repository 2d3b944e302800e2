import { type Denial, denialBody, type RequestId } from '../core/mcp/denial.ts';
import { clusterName } from '../core/registry/cluster-name.ts';
import type { HeaderValueOption } from '../protos/gen/envoy/config/core/v3/HeaderValueOption.ts';
import type { CheckResponse } from '../protos/gen/envoy/service/auth/v3/CheckResponse.ts';
import type { StatusCode } from '../protos/gen/envoy/type/v3/StatusCode.ts';
import type { Value } from '../protos/gen/google/protobuf/Value.ts';
import type { Allow, Findings, Verdict } from './check/verdict.ts';

/** Status codes of google.rpc; anything but OK denies. */
const OK = 0;
const PERMISSION_DENIED = 7;

/** The answer to Envoy. */
export function encodeVerdict({ outcome, findings }: Verdict): CheckResponse {
  return outcome.kind === 'allow' ? allowed(outcome, findings) : denied(outcome, findings.id);
}

function denied(denial: Denial, id: RequestId): CheckResponse {
  const headers = Object.entries({ 'content-type': 'application/json', ...denial.headers });
  return {
    status: { code: PERMISSION_DENIED },
    deniedResponse: {
      // The generated type knows only the codes of its enum; any number goes over the wire as it is.
      status: { code: denial.status as StatusCode },
      headers: headers.map(([key, value]) => set(key, value)),
      body: denialBody(denial, id),
    },
  };
}

function allowed(allow: Allow, findings: Findings): CheckResponse {
  const headers = [
    set('x-mcp-lane', allow.lane),
    set('x-mcp-backend', clusterName(allow.backend)),
    set(':path', allow.path),
  ];
  if (allow.affinity !== undefined) headers.push(set('x-mcp-affinity', allow.affinity));
  // Envoy's header state wants base64 of ip:port; any other value would be balanced freely.
  if (allow.pin !== undefined) headers.push(set('x-mcp-pin', Buffer.from(allow.pin).toString('base64')));
  const headersToRemove = ['authorization'];
  if (allow.session === undefined) headersToRemove.push('mcp-session-id');
  else headers.push(set('mcp-session-id', allow.session.serverSessionId));
  return {
    status: { code: OK },
    okResponse: { headers, headersToRemove },
    dynamicMetadata: { fields: metadata(allow, findings) },
  };
}

// Read by the routes (`session`), by Envoy's own replies (`id`, `incarnation`) and by ext-proc (the rest): see envoy/envoy.yaml.
function metadata(allow: Allow, { id, identity, tenant }: Findings): Record<string, Value> {
  const fields: Record<string, Value> = {};
  // JSON can hold halves of surrogate pairs, protobuf cannot: Envoy would refuse the whole answer.
  // A number of metadata cannot hold a bigint: Envoy's own replies to such a request have no id.
  if (id !== null && typeof id !== 'bigint')
    fields.id = typeof id === 'number' ? { numberValue: id } : { stringValue: id.toWellFormed() };
  if (allow.session !== undefined) fields.session = { stringValue: allow.session.sealed };
  // Where it is known, a refused connection means that the process is gone, and the session with it.
  if (allow.session?.incarnation) fields.incarnation = { stringValue: allow.session.incarnation };
  if (allow.lane === 'open') {
    fields.backend = { stringValue: allow.backend };
    fields.tenant = { stringValue: tenant ?? '' };
    fields.principal = { stringValue: identity?.principal.toString('hex') ?? '' };
  }
  if (allow.lane === 'close' && allow.session !== undefined) {
    fields.fingerprint = { stringValue: allow.session.fingerprint };
    fields.expires = { numberValue: allow.session.expiresAtSeconds };
  }
  return fields;
}

function set(key: string, value: string): HeaderValueOption {
  return { header: { key, value }, appendAction: 'OVERWRITE_IF_EXISTS_OR_ADD' };
}
