import type { Server } from '@grpc/grpc-js';
import { messageOf } from '../core/errors.ts';
import { denialBody, deny } from '../core/mcp/denial.ts';
import type { Policy } from '../core/policy/policy.ts';
import type { SessionKeys } from '../core/session/keys.ts';
import { MAX_TOKEN_LENGTH, sealSession } from '../core/session/seal.ts';
import type { ExternalProcessorHandlers } from '../protos/gen/envoy/service/ext_proc/v3/ExternalProcessor.ts';
import type { ProcessingRequest__Output } from '../protos/gen/envoy/service/ext_proc/v3/ProcessingRequest.ts';
import type { ProcessingResponse } from '../protos/gen/envoy/service/ext_proc/v3/ProcessingResponse.ts';
import { externalProcessorService } from '../protos/load.ts';
import type { Logger } from '../runtime/log.ts';
import { decodeLaneRequest, decodeResponse } from './decode.ts';
import { respond } from './respond.ts';

/** What the response side needs. */
export interface ResponseServices {
  policy: () => Policy | undefined;
  keys: () => SessionKeys;
  /** Resolves when every worker refuses the session. */
  endSession: (fingerprint: string, forgetAtSeconds: number) => Promise<void>;
  log: Logger;
  /** Milliseconds since the epoch. */
  now?: () => number;
}

/** Adds `envoy.service.ext_proc.v3.ExternalProcessor` to a server. */
export function addExternalProcessor(server: Server, services: ResponseServices): void {
  const handlers: ExternalProcessorHandlers = {
    Process: (call) => {
      // Answers go out in the order of the questions, and all before the end.
      let answered = Promise.resolve();
      call.on('data', (message: ProcessingRequest__Output) => {
        const answer = process(message, services).catch((error: unknown) => {
          services.log.error({ err: error }, `processing failed: ${messageOf(error)}`);
          return unavailable();
        });
        answered = answered.then(async () => void call.write(await answer));
      });
      call.on('end', () => void answered.then(() => call.end()));
      call.on('error', () => undefined);
    },
  };
  server.addService(externalProcessorService(), { ...handlers });
}

async function process(message: ProcessingRequest__Output, services: ResponseServices): Promise<ProcessingResponse> {
  const { policy, keys, endSession, log, now = Date.now } = services;
  if (message.request !== 'responseHeaders') throw new Error(`Envoy sent ${message.request}, which nobody asked for`);
  const request = decodeLaneRequest(message);
  const response = decodeResponse(message);
  if (request === undefined) {
    // Envoy's own answer to a request that ext-authz never saw: too many headers, a path that is refused.
    if (response.serverSessionId === undefined) return headers({});
    throw new Error('the metadata of ext-authz is missing');
  }
  const step = respond(request, response, (name) => policy()?.backends.get(name), Math.floor(now() / 1000));
  switch (step.kind) {
    case 'pass':
      return headers({});
    case 'seal': {
      const sealed = sealSession(step.session, keys());
      if (sealed.length <= MAX_TOKEN_LENGTH) return headers({ 'mcp-session-id': sealed });
      log.error({ backend: step.session.backend }, 'the session id of the server is too long to seal');
      return unavailable();
    }
    case 'end-session':
      await endSession(step.fingerprint, step.expiresAtSeconds).catch((error: unknown) => {
        // The server has ended the session, so it is gone either way; only the gateway's own memory of it is missing.
        log.warn({ fingerprint: step.fingerprint, reason: messageOf(error) }, 'the end of a session was not recorded');
      });
      return headers({});
    case 'fail':
      log.error({ reason: step.reason }, 'a session could not be opened');
      return unavailable();
  }
}

// The pin is for ext-proc alone, so it never reaches the client. Header mutations of ext_proc need raw_value.
function headers(set: Record<string, string>): ProcessingResponse {
  const setHeaders = Object.entries(set).map(([key, value]) => ({
    header: { key, rawValue: Buffer.from(value) },
    appendAction: 'OVERWRITE_IF_EXISTS_OR_ADD' as const,
  }));
  return { responseHeaders: { response: { headerMutation: { setHeaders, removeHeaders: ['x-mcp-pin'] } } } };
}

function unavailable(): ProcessingResponse {
  const denial = deny('unavailable', { message: 'The session could not be opened; try again' });
  const header = (key: string, value: string) => ({ header: { key, rawValue: Buffer.from(value) } });
  return {
    immediateResponse: {
      status: { code: 'ServiceUnavailable' },
      headers: {
        setHeaders: [header('content-type', 'application/json'), header('retry-after', '1')],
        removeHeaders: ['mcp-session-id'],
      },
      body: Buffer.from(denialBody(denial, null)),
    },
  };
}
