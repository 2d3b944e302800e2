import type { HttpHeaders__Output } from '../protos/gen/envoy/service/ext_proc/v3/HttpHeaders.ts';
import type { ProcessingRequest__Output } from '../protos/gen/envoy/service/ext_proc/v3/ProcessingRequest.ts';
import type { Value__Output } from '../protos/gen/google/protobuf/Value.ts';
import type { FilteredRequest } from './filter/caller.ts';
import type { ResponseHead } from './filter/response-filter.ts';
import type { LaneResponse, SessionRequest } from './respond.ts';

/** Namespace in which ext-authz leaves what it found out; envoy/envoy.yaml forwards it. */
const NAMESPACE = 'envoy.filters.http.ext_authz';

/** What ext-authz handed over about a request. */
export type LaneRequest = SessionRequest | FilteredRequest;

/** The response headers that matter to sessions, out of Envoy's message. */
export function decodeResponse({ responseHeaders }: ProcessingRequest__Output): LaneResponse {
  return {
    status: Number(valuesOf(responseHeaders, ':status')[0] ?? 0),
    serverSessionId: valuesOf(responseHeaders, 'mcp-session-id')[0],
    pin: valuesOf(responseHeaders, 'x-mcp-pin')[0],
  };
}

/** The response headers that matter to filtering. Several of one name are one with commas (RFC 9110, section 5.3). */
export function decodeHead({ responseHeaders }: ProcessingRequest__Output): ResponseHead {
  return {
    status: Number(valuesOf(responseHeaders, ':status')[0] ?? 0),
    contentType: valuesOf(responseHeaders, 'content-type').join(', '),
    contentEncoding: valuesOf(responseHeaders, 'content-encoding').join(', '),
    endOfStream: responseHeaders?.endOfStream === true,
  };
}

/** What ext-authz handed over; undefined when it is incomplete, which must not happen. */
export function decodeLaneRequest(message: ProcessingRequest__Output): LaneRequest | undefined {
  const fields = message.metadataContext?.filterMetadata?.[NAMESPACE]?.fields ?? {};
  const text = (name: string) => fields[name]?.stringValue;
  const [backend, tenant, roles] = [text('backend'), text('tenant'), text('roles')];
  if (backend === undefined || tenant === undefined || roles === undefined) return decodeSessionRequest(fields);
  const id = text('id') ?? fields.id?.numberValue ?? null;
  return { lane: 'filtered', backend, tenant, roles: roles.split(' ').filter((role) => role !== ''), id };
}

function decodeSessionRequest(fields: Readonly<Record<string, Value__Output>>): SessionRequest | undefined {
  const text = (name: string) => fields[name]?.stringValue;
  const [fingerprint, sealed, expiresAtSeconds] = [text('fingerprint'), text('session'), fields.expires?.numberValue];
  if (fingerprint !== undefined && sealed !== undefined && expiresAtSeconds !== undefined) {
    return { lane: 'close', fingerprint, sealed, expiresAtSeconds };
  }
  const [backend, tenant, principal] = [text('backend'), text('tenant'), text('principal')];
  if (backend === undefined || tenant === undefined || principal === undefined) return undefined;
  return { lane: 'open', backend, tenant, principal: Buffer.from(principal, 'hex') };
}

function valuesOf(headers: HttpHeaders__Output | undefined, name: string): string[] {
  const named = (headers?.headers?.headers ?? []).filter(({ key }) => key === name);
  return named.map(({ rawValue, value }) => rawValue?.toString('utf8') ?? value ?? '');
}
