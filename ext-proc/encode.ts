import { RESPONSE_HEADERS } from '../core/lane/outputs.ts';
import { denialBody, deny } from '../core/mcp/denial.ts';
import type { ProcessingResponse } from '../protos/gen/envoy/service/ext_proc/v3/ProcessingResponse.ts';
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

/** A response in place of the server's, if a session cannot be opened or processing fails. */
export function encodeUnavailable(): ProcessingResponse {
  const denial = deny('unavailable', { message: 'The session could not be opened; try again' });
  const header = (key: string, value: string) => ({ header: { key, rawValue: Buffer.from(value) } });
  return {
    immediateResponse: {
      status: { code: 'ServiceUnavailable' },
      headers: {
        setHeaders: [header('content-type', 'application/json'), header('retry-after', '1')],
        removeHeaders: [RESPONSE_HEADERS.session.name],
      },
      body: Buffer.from(denialBody(denial, null)),
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
