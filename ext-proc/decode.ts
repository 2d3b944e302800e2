import type { ProcessingRequest__Output } from '../protos/gen/envoy/service/ext_proc/v3/ProcessingRequest.ts';
import type { LaneRequest, LaneResponse } from './respond.ts';

/** Namespace in which ext-authz leaves what it found out; envoy/envoy.yaml forwards it. */
const NAMESPACE = 'envoy.filters.http.ext_authz';

/** The response headers that matter, out of Envoy's message. */
export function decodeResponse(message: ProcessingRequest__Output): LaneResponse {
  const headers = message.responseHeaders?.headers?.headers ?? [];
  const value = (name: string) => {
    const header = headers.find(({ key }) => key === name);
    return header?.rawValue?.toString('utf8') ?? header?.value;
  };
  return {
    status: Number(value(':status') ?? 0),
    serverSessionId: value('mcp-session-id'),
    pin: value('x-mcp-pin'),
  };
}

/** What ext-authz handed over; undefined when it is incomplete, which must not happen. */
export function decodeLaneRequest(message: ProcessingRequest__Output): LaneRequest | undefined {
  const fields = message.metadataContext?.filterMetadata?.[NAMESPACE]?.fields ?? {};
  const text = (name: string) => fields[name]?.stringValue;
  const fingerprint = text('fingerprint');
  const expiresAtSeconds = fields.expires?.numberValue;
  if (fingerprint !== undefined && expiresAtSeconds !== undefined)
    return { lane: 'close', fingerprint, expiresAtSeconds };
  const [backend, tenant, principal] = [text('backend'), text('tenant'), text('principal')];
  if (backend === undefined || tenant === undefined || principal === undefined) return undefined;
  return { lane: 'open', backend, tenant, principal: Buffer.from(principal, 'hex') };
}
