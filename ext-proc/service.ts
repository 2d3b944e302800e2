import type { Server, ServerDuplexStream } from '@grpc/grpc-js';
import { messageOf } from '../core/errors.ts';
import { deny } from '../core/mcp/denial.ts';
import type { ExternalProcessorHandlers } from '../protos/gen/envoy/service/ext_proc/v3/ExternalProcessor.ts';
import type { ProcessingRequest__Output } from '../protos/gen/envoy/service/ext_proc/v3/ProcessingRequest.ts';
import type { ProcessingResponse } from '../protos/gen/envoy/service/ext_proc/v3/ProcessingResponse.ts';
import { externalProcessorService } from '../protos/load.ts';
import { encodeDenial } from './encode.ts';
import { Exchange } from './exchange.ts';
import { Budget } from './filter/budget.ts';
import { Turns } from './filter/turns.ts';
import type { ResponseServices } from './services.ts';

type ProcessCall = ServerDuplexStream<ProcessingRequest__Output, ProcessingResponse>;

const INTERNAL = deny('unavailable', { message: 'Internal error' });

/** Memory for responses that are held until they can be filtered. A held response may take twice its size for a moment. */
export const BUDGET_BYTES = 48 << 20;

/** Messages of one response that wait for their turn. Envoy sends no more until they have been answered. */
const MAX_WAITING = 4;

/** Adds `envoy.service.ext_proc.v3.ExternalProcessor` to a server. */
export function addExternalProcessor(server: Server, services: ResponseServices): void {
  const turns = new Turns();
  const budget = services.budget ?? new Budget(BUDGET_BYTES);
  const handlers: ExternalProcessorHandlers = {
    Process: (call) => {
      const exchange = new Exchange(services, turns, budget);
      const sending = new Sending(call);
      // Messages are taken one after the other, and all of them are answered before the stream ends.
      let answered = Promise.resolve();
      let waiting = 0;
      let failed = false;
      const fail = (error: unknown): ProcessingResponse[] => {
        services.log.error({ err: error }, `processing failed: ${messageOf(error)}`);
        failed = true;
        return [encodeDenial(INTERNAL, null)];
      };
      const take = async (message: ProcessingRequest__Output) => {
        if (!failed) await sending.send(await exchange.take(message).catch(fail));
        exchange.release();
        waiting -= 1;
        call.resume();
      };
      call.on('data', (message: ProcessingRequest__Output) => {
        waiting += 1;
        if (waiting >= MAX_WAITING) call.pause();
        answered = answered.then(() => take(message));
      });
      // Envoy ends the stream. If this side did, Envoy would pass the rest of the response on unfiltered.
      call.on('end', () => void answered.then(() => call.end()));
      call.on('close', () => exchange.close());
      call.on('error', () => undefined);
    },
  };
  server.addService(externalProcessorService(), { ...handlers });
}

/** Sends answers as fast as Envoy takes them. */
class Sending {
  readonly #call: ProcessCall;
  #continue: () => void = () => undefined;

  constructor(call: ProcessCall) {
    this.#call = call;
    call.on('drain', () => this.#continue());
    call.on('close', () => this.#continue());
  }

  /** Resolves once the answers were sent, or nobody waits for them any more. */
  async send(answers: readonly ProcessingResponse[]): Promise<void> {
    for (const answer of answers) {
      if (this.#call.destroyed) return;
      if (this.#call.write(answer)) continue;
      await new Promise<void>((resolve) => {
        this.#continue = resolve;
      });
    }
  }
}
