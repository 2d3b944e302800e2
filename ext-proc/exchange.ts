import type { Sliced } from '../core/mcp/sliced.ts';
import type { ProcessingRequest__Output } from '../protos/gen/envoy/service/ext_proc/v3/ProcessingRequest.ts';
import type { ProcessingResponse } from '../protos/gen/envoy/service/ext_proc/v3/ProcessingResponse.ts';
import { decodeHead, decodeLaneRequest, decodeResponse } from './decode.ts';
import { encodeHead, encodeStep } from './encode.ts';
import type { Budget, Holder } from './filter/budget.ts';
import { type FilteredRequest, maySeeOf } from './filter/caller.ts';
import { type FilterStep, ResponseFilter } from './filter/response-filter.ts';
import type { Turns } from './filter/turns.ts';
import type { ResponseServices } from './services.ts';
import { answerSession } from './session-answer.ts';

/** Processes one response, message by message, as Envoy sends it. */
export class Exchange {
  readonly #services: ResponseServices;
  readonly #turns: Turns;
  readonly #budget: Budget;
  #filter: ResponseFilter | undefined;
  #holder: Holder | undefined;
  #caller = '';
  #closed = false;

  constructor(services: ResponseServices, turns: Turns, budget: Budget) {
    this.#services = services;
    this.#turns = turns;
    this.#budget = budget;
  }

  /** Takes the next message; returns the answers to Envoy. Throws for a message of a kind that was not requested. */
  async take(message: ProcessingRequest__Output): Promise<ProcessingResponse[]> {
    if (this.#filter !== undefined) {
      const work = this.#filtered(this.#filter, message);
      const steps = await this.#turns.run(this.#caller, work, () => !this.#closed);
      return (steps ?? []).flatMap(encodeStep);
    }
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

  /** Releases memory, after the answers to a message were sent. */
  release(): void {
    this.#filter?.release();
  }

  /** Stops what is under way, and releases all memory. */
  close(): void {
    this.#closed = true;
    this.#holder?.hold(0);
  }

  #filtered(filter: ResponseFilter, message: ProcessingRequest__Output): Sliced<FilterStep[]> {
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
    this.#caller = `${caller.tenant} ${caller.principal}`;
    this.#holder = this.#budget.holder(this.#caller);
    return new ResponseFilter({
      maySee: () => maySeeOf(caller, policy()),
      id,
      holder: this.#holder,
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
