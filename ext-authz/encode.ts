import { type Denial, denialBody, type RequestId } from '../core/mcp/denial.ts';
import { clusterName } from '../core/registry/cluster-name.ts';
import type { HeaderValueOption } from '../protos/gen/envoy/config/core/v3/HeaderValueOption.ts';
import type { CheckResponse } from '../protos/gen/envoy/service/auth/v3/CheckResponse.ts';
import type { StatusCode } from '../protos/gen/envoy/type/v3/StatusCode.ts';
import type { Value } from '../protos/gen/google/protobuf/Value.ts';
import type { Allow, Findings, Reply, Verdict } from './check/verdict.ts';

/** Status codes of google.rpc; anything but OK denies. */
const OK = 0;
const PERMISSION_DENIED = 7;

type Headers = Readonly<Record<string, string>>;

/** The answer to Envoy. */
export function encodeVerdict({ outcome, findings, responseHeaders }: Verdict): CheckResponse {
  if (outcome.kind === 'allow') return allowed(outcome, findings, responseHeaders);
  return outcome.kind === 'deny' ? denied(outcome, findings.id, responseHeaders) : replied(outcome, responseHeaders);
}

function denied(denial: Denial, id: RequestId, headers: Headers): CheckResponse {
  const all = { 'content-type': 'application/json', ...denial.headers, ...headers };
  return ownAnswer(denial.status, all, denialBody(denial, id));
}

function replied({ status }: Reply, headers: Headers): CheckResponse {
  return ownAnswer(status, headers, '');
}

function ownAnswer(status: number, headers: Headers, body: string): CheckResponse {
  return {
    status: { code: PERMISSION_DENIED },
    deniedResponse: {
      // The generated type knows only the codes of its enum; any number goes over the wire as it is.
      status: { code: status as StatusCode },
      headers: setAll(headers),
      body,
    },
  };
}

function allowed(allow: Allow, findings: Findings, responseHeaders: Headers): CheckResponse {
  const headers = [
    set('x-mcp-lane', allow.lane),
    set('x-mcp-backend', clusterName(allow.backend)),
    set(':path', allow.path),
    ...allow.upstreamHeaders.map(({ name, value }) => set(name, value)),
  ];
  if (allow.affinity !== undefined) headers.push(set('x-mcp-affinity', allow.affinity));
  // Envoy's header state wants base64 of ip:port; any other value would be balanced freely.
  if (allow.pin !== undefined) headers.push(set('x-mcp-pin', Buffer.from(allow.pin).toString('base64')));
  // Envoy removes after it has set: only a credential of the gateway's own may be there.
  const credential = allow.upstreamHeaders.some(({ name }) => name === 'authorization');
  const headersToRemove = credential ? [] : ['authorization'];
  if (allow.session === undefined) headersToRemove.push('mcp-session-id');
  else headers.push(set('mcp-session-id', allow.session.serverSessionId));
  return {
    status: { code: OK },
    okResponse: { headers, headersToRemove, responseHeadersToAdd: setAll(responseHeaders) },
    dynamicMetadata: { fields: metadata(allow, findings) },
  };
}

// Read by the routes (`session`), by Envoy's own replies (`id`, `incarnation`), by the watcher (`slot`) and by ext-proc (the rest): see envoy/envoy.yaml.
function metadata(allow: Allow, { id, identity, membership, slot }: Findings): Record<string, Value> {
  const fields: Record<string, Value> = {};
  // JSON can hold halves of surrogate pairs, protobuf cannot: Envoy would refuse the whole answer.
  // A number of metadata cannot hold a bigint: Envoy's own replies to such a request have no id.
  if (id !== null && typeof id !== 'bigint')
    fields.id = typeof id === 'number' ? { numberValue: id } : { stringValue: id.toWellFormed() };
  if (slot !== undefined) fields.slot = { stringValue: slot };
  if (allow.session !== undefined) fields.session = { stringValue: allow.session.sealed };
  // Where it is known, a refused connection means that the process is gone, and the session with it.
  if (allow.session?.incarnation) fields.incarnation = { stringValue: allow.session.incarnation };
  const filtered = allow.lane === 'session-filtered' || allow.lane === 'stateless-filtered';
  if (allow.lane === 'open' || filtered) {
    fields.backend = { stringValue: allow.backend };
    fields.tenant = { stringValue: membership?.tenant.name ?? '' };
  }
  if (allow.lane === 'open') fields.principal = { stringValue: identity?.principal.toString('hex') ?? '' };
  // Names of roles have no spaces.
  if (filtered) fields.roles = { stringValue: membership?.roles.join(' ') ?? '' };
  if (allow.lane === 'close' && allow.session !== undefined) {
    fields.fingerprint = { stringValue: allow.session.fingerprint };
    fields.expires = { numberValue: allow.session.expiresAtSeconds };
  }
  return fields;
}

function setAll(headers: Headers): HeaderValueOption[] {
  return Object.entries(headers).map(([key, value]) => set(key, value));
}

function set(key: string, value: string): HeaderValueOption {
  return { header: { key, value }, appendAction: 'OVERWRITE_IF_EXISTS_OR_ADD' };
}
