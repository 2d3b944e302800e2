import type { Server } from '@grpc/grpc-js';
import { messageOf } from '../core/errors.ts';
import { deny } from '../core/mcp/denial.ts';
import type { AuthorizationHandlers } from '../protos/gen/envoy/service/auth/v3/Authorization.ts';
import { authorizationService } from '../protos/load.ts';
import type { Logger } from '../runtime/log.ts';
import { type CheckServices, check } from './check/check.ts';
import { decodeRequest } from './decode.ts';
import { encodeVerdict } from './encode.ts';

/** Adds `envoy.service.auth.v3.Authorization` to a server. `services` is asked anew for every request. */
export function addAuthorization(server: Server, services: () => CheckServices, log: Logger): void {
  const handlers: AuthorizationHandlers = {
    Check: (call, callback) => {
      check(decodeRequest(call.request), services()).then(
        (verdict) => {
          if (verdict.outcome.kind === 'deny') logDenial(log, verdict.outcome.reason, verdict.findings.backend);
          callback(null, encodeVerdict(verdict));
        },
        (error: unknown) => {
          // A mistake of ours must not let anything pass, and must not take the process with it.
          log.error({ err: error }, `check failed: ${messageOf(error)}`);
          const outcome = deny('unavailable', { message: 'Internal error' });
          callback(null, encodeVerdict({ outcome, findings: { id: null } }));
        },
      );
    },
  };
  server.addService(authorizationService(), { ...handlers });
}

function logDenial(log: Logger, reason: string, backend: string | undefined): void {
  log.debug({ reason, backend }, 'denied');
}
