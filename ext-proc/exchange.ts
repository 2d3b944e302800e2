import type { ProcessingRequest__Output } from '../protos/gen/envoy/service/ext_proc/v3/ProcessingRequest.ts';
import type { ProcessingResponse } from '../protos/gen/envoy/service/ext_proc/v3/ProcessingResponse.ts';
import { decodeHead, decodeLaneRequest, decodeResponse } from './decode.ts';
import { encodeHead, encodeStep } from './encode.ts';
import { type FilteredRequest, maySeeOf } from './filter/caller.ts';
import { type FilterStep, ResponseFilter } from './filter/response-filter.ts';
import type { ResponseServices } from './services.ts';
import { answerSession } from './session-answer.ts';

/** Processes one response, message by message, as Envoy sends it. */
export class Exchange {
  readonly #services: ResponseServices;
  #filter: ResponseFilter | undefined;

  constructor(services: ResponseServices) {
    this.#services = services;
  }

  /** Takes the next message; returns the answers to Envoy. Throws for a message of a kind that was not requested. */
  async take(message: ProcessingRequest__Output): Promise<ProcessingResponse[]> {
    if (this.#filter !== undefined) return this.#filtered(this.#filter, message).flatMap(encodeStep);
    if (message.request !== 'responseHeaders') throw unexpected(message);
    const request = decodeLaneRequest(message);
    if (request?.lane === 'filtered') {
      this.#filter = this.#newFilter(request);
      return this.#filter.head(decodeHead(message)).flatMap(encodeStep);
    }
    const response = decodeResponse(message);
    if (request !== undefined) return [await answerSession(request, response, this.#services)];
    // Envoy's own reply to a request that it did not pass to ext-authz, such as one with too many headers.
    if (response.serverSessionIds.length === 0) return [encodeHead({})];
    throw new Error('the metadata of ext-authz is missing');
  }

  #filtered(filter: ResponseFilter, message: ProcessingRequest__Output): FilterStep[] {
    const { responseBody } = message;
    switch (message.request) {
      case 'responseBody':
        return filter.body(responseBody?.body ?? Buffer.alloc(0), responseBody?.endOfStream === true);
      case 'responseTrailers':
        return filter.trailers();
      default:
        throw unexpected(message);
    }
  }

  #newFilter({ id, ...caller }: FilteredRequest): ResponseFilter {
    const { policy, warnings } = this.#services;
    return new ResponseFilter({
      maySee: () => maySeeOf(caller, policy()),
      id,
      onRejected: (reason) => {
        const { backend, tenant } = caller;
        const subject = `${backend} ${tenant}: ${reason}`;
        warnings.warn(subject, { backend, tenant, reason }, 'a response was withheld because it could not be filtered');
      },
    });
  }
}

function unexpected({ request }: ProcessingRequest__Output): Error {
  return new Error(`unexpected message from Envoy: ${request}`);
}
