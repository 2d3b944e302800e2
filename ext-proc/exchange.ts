import type { ProcessingRequest__Output } from '../protos/gen/envoy/service/ext_proc/v3/ProcessingRequest.ts';
import type { ProcessingResponse } from '../protos/gen/envoy/service/ext_proc/v3/ProcessingResponse.ts';
import { decodeHead, decodeLaneRequest, decodeResponse } from './decode.ts';
import { encodeHead, encodeStep } from './encode.ts';
import { type FilteredRequest, maySeeOf } from './filter/caller.ts';
import { type FilterStep, ResponseFilter } from './filter/response-filter.ts';
import type { ResponseServices } from './services.ts';
import { answerSession } from './session-answer.ts';

/** Everything that Envoy shows of one response, message by message. */
export class Exchange {
  readonly #services: ResponseServices;
  #filter: ResponseFilter | undefined;

  constructor(services: ResponseServices) {
    this.#services = services;
  }

  /** Takes the next message; gives what Envoy is told. Throws when it is none that was asked for. */
  async take(message: ProcessingRequest__Output): Promise<ProcessingResponse[]> {
    if (this.#filter !== undefined) return this.#filtered(this.#filter, message).flatMap(encodeStep);
    if (message.request !== 'responseHeaders') throw unasked(message);
    const request = decodeLaneRequest(message);
    if (request?.lane === 'filtered') {
      this.#filter = this.#newFilter(request);
      return this.#filter.head(decodeHead(message)).flatMap(encodeStep);
    }
    const response = decodeResponse(message);
    if (request !== undefined) return [await answerSession(request, response, this.#services)];
    // Envoy's own answer to a request that ext-authz never saw: too many headers, a path that is refused.
    if (response.serverSessionId === undefined) return [encodeHead({})];
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
        throw unasked(message);
    }
  }

  #newFilter({ id, ...caller }: FilteredRequest): ResponseFilter {
    const { policy, log } = this.#services;
    return new ResponseFilter({
      maySee: () => maySeeOf(caller, policy()),
      id,
      onRefusal: (reason) => {
        const { backend, tenant } = caller;
        log.warn(
          { backend, tenant, reason },
          'an answer of a server was not passed on, since it could not be filtered',
        );
      },
    });
  }
}

function unasked({ request }: ProcessingRequest__Output): Error {
  return new Error(`Envoy sent ${request}, which nobody asked for`);
}
