import type { Server } from '@grpc/grpc-js';
import { messageOf } from '../core/errors.ts';
import { deny } from '../core/mcp/denial.ts';
import type { AuthorizationHandlers } from '../protos/gen/envoy/service/auth/v3/Authorization.ts';
import { authorizationService } from '../protos/load.ts';
import type { Logger } from '../runtime/log.ts';
import { type CheckServices, check } from './check/check.ts';
import type { Verdict } from './check/verdict.ts';
import { type DecodedRequest, decodeRequest } from './decode.ts';
import { encodeVerdict } from './encode.ts';

/** What the request side needs. */
export interface AuthorizationOptions {
  /** Asked anew for every request. */
  services: () => CheckServices;
  /** Told of every decision before Envoy is. */
  onVerdict: (asked: DecodedRequest, verdict: Verdict) => void;
  /** Told of a verdict that Envoy does not want any more: its client has gone. */
  onAbandoned: (verdict: Verdict) => void;
  log: Logger;
}

/** Adds `envoy.service.auth.v3.Authorization` to a server. */
export function addAuthorization(
  server: Server,
  { services, onVerdict, onAbandoned, log }: AuthorizationOptions,
): void {
  const handlers: AuthorizationHandlers = {
    Check: (call, callback) => {
      const asked = decodeRequest(call.request);
      check(asked.request, services()).then(
        (verdict) => {
          onVerdict(asked, verdict);
          if (call.cancelled) onAbandoned(verdict);
          callback(null, encodeVerdict(verdict));
        },
        (error: unknown) => {
          // A mistake of ours must not let anything pass, and must not take the process with it.
          log.error({ err: error }, `check failed: ${messageOf(error)}`);
          const outcome = deny('unavailable', { message: 'Internal error' });
          callback(null, encodeVerdict({ outcome, findings: { id: null }, responseHeaders: {} }));
        },
      );
    },
  };
  server.addService(authorizationService(), { ...handlers });
}
