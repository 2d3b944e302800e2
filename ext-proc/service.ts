import type { Server } from '@grpc/grpc-js';
import { messageOf } from '../core/errors.ts';
import { deny } from '../core/mcp/denial.ts';
import type { ExternalProcessorHandlers } from '../protos/gen/envoy/service/ext_proc/v3/ExternalProcessor.ts';
import type { ProcessingRequest__Output } from '../protos/gen/envoy/service/ext_proc/v3/ProcessingRequest.ts';
import type { ProcessingResponse } from '../protos/gen/envoy/service/ext_proc/v3/ProcessingResponse.ts';
import { externalProcessorService } from '../protos/load.ts';
import { encodeDenial } from './encode.ts';
import { Exchange } from './exchange.ts';
import type { ResponseServices } from './services.ts';

const INTERNAL = deny('unavailable', { message: 'Internal error' });

/** Adds `envoy.service.ext_proc.v3.ExternalProcessor` to a server. */
export function addExternalProcessor(server: Server, services: ResponseServices): void {
  const handlers: ExternalProcessorHandlers = {
    Process: (call) => {
      const exchange = new Exchange(services);
      // Answers are sent in the order of the messages, and all of them before the stream ends.
      let answered = Promise.resolve();
      let failed = false;
      const fail = (error: unknown): ProcessingResponse[] => {
        services.log.error({ err: error }, `processing failed: ${messageOf(error)}`);
        failed = true;
        return [encodeDenial(INTERNAL, null)];
      };
      call.on('data', (message: ProcessingRequest__Output) => {
        const answers = failed ? Promise.resolve([]) : exchange.take(message).catch(fail);
        answered = answered.then(async () => {
          for (const answer of await answers) call.write(answer);
        });
      });
      // Envoy ends the stream. If this side did, Envoy would pass the rest of the response on unfiltered.
      call.on('end', () => void answered.then(() => call.end()));
      call.on('error', () => undefined);
    },
  };
  server.addService(externalProcessorService(), { ...handlers });
}
