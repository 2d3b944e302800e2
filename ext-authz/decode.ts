import type { CheckRequest__Output } from '../protos/gen/envoy/service/auth/v3/CheckRequest.ts';
import type { HttpRequest } from './check/request.ts';

const NO_BODY = Buffer.alloc(0);

/** The HTTP request inside Envoy's question. Pseudo headers stay out of the header map. */
export function decodeRequest(question: CheckRequest__Output): HttpRequest {
  const http = question.attributes?.request?.http;
  const peer = question.attributes?.source?.address?.socketAddress?.address ?? '';
  return {
    method: http?.method ?? '',
    path: http?.path ?? '',
    host: http?.host ?? '',
    headers: http?.headers ?? {},
    body: http?.rawBody ?? NO_BODY,
    id: http?.headers?.['x-request-id'] ?? '',
    // Envoy shows the header only where proxies are trusted, and then it holds what Envoy found out.
    client: http?.headers?.['x-forwarded-for'] ?? peer,
  };
}
