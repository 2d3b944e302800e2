import { type Denial, denialBody, type RequestId } from '../core/mcp/denial.ts';
import type { CheckResponse } from '../protos/gen/envoy/service/auth/v3/CheckResponse.ts';
import type { StatusCode } from '../protos/gen/envoy/type/v3/StatusCode.ts';
import type { Reply, Verdict } from './check/verdict.ts';
import { allowHeaders, allowMetadata, headerOption } from './encode-allow.ts';

/** Status codes of google.rpc; anything but OK denies. */
const OK = 0;
const PERMISSION_DENIED = 7;

type Headers = Readonly<Record<string, string>>;

/** The answer to Envoy. */
export function encodeVerdict({ outcome, findings, responseHeaders }: Verdict): CheckResponse {
  switch (outcome.kind) {
    case 'allow':
      return {
        status: { code: OK },
        okResponse: { ...allowHeaders(outcome), responseHeadersToAdd: headerOptions(responseHeaders) },
        dynamicMetadata: { fields: allowMetadata(outcome, findings) },
      };
    case 'deny':
      return denied(outcome, findings.id, responseHeaders);
    case 'continue':
      return { status: { code: OK }, okResponse: {} };
    case 'reply':
      return replied(outcome, responseHeaders);
  }
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
      // The generated type has only the codes of its enum; any number goes over the wire unchanged.
      status: { code: status as StatusCode },
      headers: headerOptions(headers),
      body,
    },
  };
}

function headerOptions(headers: Headers) {
  return Object.entries(headers).map(([name, value]) => headerOption(name, value));
}
