import { METADATA_NAMESPACE, type MetadataReadBy } from '../core/lane/metadata.ts';
import { RESPONSE_HEADERS } from '../core/lane/outputs.ts';
import type { RequestId } from '../core/mcp/denial.ts';
import type { HttpHeaders__Output } from '../protos/gen/envoy/service/ext_proc/v3/HttpHeaders.ts';
import type { ProcessingRequest__Output } from '../protos/gen/envoy/service/ext_proc/v3/ProcessingRequest.ts';
import type { Value__Output } from '../protos/gen/google/protobuf/Value.ts';
import type { FilteredRequest } from './filter/caller.ts';
import type { ResponseHead } from './filter/response-filter.ts';
import type { LaneResponse, SessionRequest } from './respond.ts';

/** The entries of the metadata that ext-proc reads. envoy/envoy.yaml forwards the whole namespace. */
type Fields = { readonly [key in MetadataReadBy<'ext-proc'>]?: Value__Output };

/** What ext-authz passes to ext-proc about a request. */
export type LaneRequest = SessionRequest | FilteredRequest;

/** Decodes the response headers that concern sessions. */
export function decodeResponse({ responseHeaders }: ProcessingRequest__Output): LaneResponse {
  return {
    status: Number(valuesOf(responseHeaders, ':status')[0] ?? 0),
    serverSessionIds: valuesOf(responseHeaders, RESPONSE_HEADERS.session.name),
    pin: valuesOf(responseHeaders, RESPONSE_HEADERS.pin.name)[0],
  };
}

/** Decodes the response headers that concern filtering. Headers of the same name are joined by commas (RFC 9110, section 5.3). */
export function decodeHead({ responseHeaders }: ProcessingRequest__Output): ResponseHead {
  return {
    status: Number(valuesOf(responseHeaders, ':status')[0] ?? 0),
    contentType: valuesOf(responseHeaders, 'content-type').join(', '),
    contentEncoding: valuesOf(responseHeaders, 'content-encoding').join(', '),
    endOfStream: responseHeaders?.endOfStream === true,
  };
}

/** Decodes what ext-authz passes to ext-proc; undefined if it is incomplete, which must not happen. */
export function decodeLaneRequest(message: ProcessingRequest__Output): LaneRequest | undefined {
  const fields: Fields = message.metadataContext?.filterMetadata?.[METADATA_NAMESPACE]?.fields ?? {};
  const [backend, tenant, roles] = [textOf(fields.backend), textOf(fields.tenant), textOf(fields.roles)];
  if (backend === undefined || tenant === undefined || roles === undefined) return decodeSessionRequest(fields);
  return {
    lane: 'filtered',
    backend,
    tenant,
    principal: textOf(fields.principal) ?? '',
    roles: roles.split(' ').filter((role) => role !== ''),
    id: idOf(fields),
  };
}

function decodeSessionRequest(fields: Fields): SessionRequest | undefined {
  const [backend, tenant, principal] = [textOf(fields.backend), textOf(fields.tenant), textOf(fields.principal)];
  if (backend === undefined || tenant === undefined || principal === undefined) return undefined;
  const owner = { backend, tenant, principal: Buffer.from(principal, 'hex') };
  const fingerprint = textOf(fields.fingerprint);
  if (fingerprint === undefined) return { lane: 'open', ...owner, id: idOf(fields) };
  const [issuedAtSeconds, expiresAtSeconds] = [fields.issued?.numberValue, fields.expires?.numberValue];
  if (issuedAtSeconds === undefined || expiresAtSeconds === undefined) return undefined;
  return { lane: 'close', ...owner, fingerprint, issuedAtSeconds, expiresAtSeconds };
}

function idOf({ id }: Fields): RequestId {
  return textOf(id) ?? id?.numberValue ?? null;
}

function textOf(value: Value__Output | undefined): string | undefined {
  return value?.stringValue;
}

function valuesOf(headers: HttpHeaders__Output | undefined, name: string): string[] {
  const named = (headers?.headers?.headers ?? []).filter(({ key }) => key === name);
  return named.map(({ rawValue, value }) => rawValue?.toString('utf8') ?? value ?? '');
}
