import type { RequestTrace } from '../core/decision/decision.ts';
import { PHASE, pickInputs, type RecordedHeader } from '../core/lane/inputs.ts';
import type { CheckRequest__Output } from '../protos/gen/envoy/service/auth/v3/CheckRequest.ts';
import type { HttpRequest } from './check/request.ts';

/** Set by Envoy. */
const PARTIAL_BODY = 'x-envoy-auth-partial-body';
const NO_BODY = Buffer.alloc(0);

/** A request as Envoy describes it. */
export interface DecodedRequest {
  request: HttpRequest;
  trace: RequestTrace;
  /** Whether the body is still to come, and Envoy only asks whether the caller may send one. */
  callerOnly: boolean;
}

/** Decodes the HTTP request in a message from Envoy. Headers without a row in core/lane/inputs.ts are dropped. */
export function decodeRequest({ attributes }: CheckRequest__Output): DecodedRequest {
  const http = attributes?.request?.http;
  const sent = http?.headers ?? {};
  const recorded: { readonly [name in RecordedHeader]?: string } = sent;
  const request = {
    method: http?.method ?? '',
    path: http?.path ?? '',
    host: http?.host ?? '',
    ...pickInputs(sent),
    body: http?.rawBody ?? NO_BODY,
    truncated: sent[PARTIAL_BODY] === 'true',
  };
  const peer = attributes?.source?.address?.socketAddress?.address ?? '';
  const trace = {
    requestId: recorded['x-request-id'] ?? '',
    traceparent: recorded.traceparent,
    // Envoy shows the header only if proxies are trusted; then it holds the address that Envoy found.
    client: recorded['x-forwarded-for'] ?? peer,
  };
  return { request, trace, callerOnly: attributes?.contextExtensions?.[PHASE.key] === PHASE.caller };
}
