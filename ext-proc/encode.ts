import { RESPONSE_HEADERS } from '../core/lane/outputs.ts';
import { type Denial, denialBody, type RequestId } from '../core/mcp/denial.ts';
import type { ProcessingResponse } from '../protos/gen/envoy/service/ext_proc/v3/ProcessingResponse.ts';
import type { StatusCode } from '../protos/gen/envoy/type/v3/StatusCode.ts';
import type { FilterStep } from './filter/response-filter.ts';

/** Size of the pieces of a body that Envoy recommends (processing_mode.proto, FULL_DUPLEX_STREAMED). */
const MAX_PIECE_BYTES = 64 << 10;

/** A message that sets and removes response headers. It always removes the pin, which only ext-proc needs. */
export function encodeHead(set: Readonly<Record<string, string>>, remove: readonly string[] = []): ProcessingResponse {
  const setHeaders = Object.entries(set).map(([key, value]) => ({
    // Header mutations of ext_proc need raw_value.
    header: { key, rawValue: Buffer.from(value) },
    appendAction: 'OVERWRITE_IF_EXISTS_OR_ADD' as const,
  }));
  const headerMutation = { setHeaders, removeHeaders: [RESPONSE_HEADERS.pin.name, ...remove] };
  return { responseHeaders: { response: { headerMutation } } };
}

/** The messages for a step, in order. */
export function encodeStep(step: FilterStep): ProcessingResponse[] {
  switch (step.kind) {
    case 'head':
      return [encodeHead(step.set, step.remove)];
    case 'body':
      return encodeBody(step.bytes, step.endOfStream);
    case 'trailers':
      return [{ responseTrailers: {} }];
  }
}

/** Marks a response of ext-proc for envoy.yaml, which would otherwise replace its body by one of Envoy's own. */
const DENIAL_DETAILS = 'mcp_denial';

/** A denial in place of the server's response. */
export function encodeDenial(denial: Denial, id: RequestId): ProcessingResponse {
  const setHeaders = Object.entries({ 'content-type': 'application/json', ...denial.headers }).map(([key, value]) => ({
    header: { key, rawValue: Buffer.from(value) },
  }));
  return {
    immediateResponse: {
      // The generated type has only the codes of its enum; any number goes over the wire unchanged.
      status: { code: denial.status as StatusCode },
      headers: { setHeaders, removeHeaders: [RESPONSE_HEADERS.session.name] },
      body: Buffer.from(denialBody(denial, id)),
      details: DENIAL_DETAILS,
    },
  };
}

function encodeBody(bytes: Buffer, endOfStream: boolean): ProcessingResponse[] {
  const pieces: ProcessingResponse[] = [];
  let from = 0;
  do {
    const body = bytes.subarray(from, from + MAX_PIECE_BYTES);
    from += MAX_PIECE_BYTES;
    const streamedResponse = { body, endOfStream: endOfStream && from >= bytes.length };
    pieces.push({ responseBody: { response: { bodyMutation: { streamedResponse } } } });
  } while (from < bytes.length);
  return pieces;
}
