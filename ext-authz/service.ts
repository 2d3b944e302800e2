import type { Server } from '@grpc/grpc-js';
import type { Decision } from '../core/decision/decision.ts';
import { messageOf } from '../core/errors.ts';
import { deny } from '../core/mcp/denial.ts';
import type { AuthorizationHandlers } from '../protos/gen/envoy/service/auth/v3/Authorization.ts';
import type { CheckResponse } from '../protos/gen/envoy/service/auth/v3/CheckResponse.ts';
import { authorizationService } from '../protos/load.ts';
import type { Logger } from '../runtime/log.ts';
import { type CheckServices, check } from './check/check.ts';
import type { Verdict } from './check/verdict.ts';
import { decisionOf } from './decision.ts';
import { decodeRequest } from './decode.ts';
import { encodeVerdict } from './encode.ts';
import { OncePerRequest } from './once.ts';
import type { DecisionSink } from './sink.ts';

/** What the request side needs. */
export interface AuthorizationOptions {
  /** Called for each request, so that each sees the newest policy. */
  services: () => Omit<CheckServices, 'isAbandoned' | 'callerOnly'>;
  /** Gets each decision before Envoy does. */
  sink: DecisionSink;
  /** Called for a decision that Envoy no longer waits for, because the client is gone. */
  onAbandoned: (decision: Decision) => void;
  log: Logger;
  /** Milliseconds on any steady clock. */
  nowMs?: () => number;
}

/** Adds `envoy.service.auth.v3.Authorization` to a server. */
export function addAuthorization(
  server: Server,
  { services, sink, onAbandoned, log, nowMs = () => performance.now() }: AuthorizationOptions,
): void {
  const checks = new OncePerRequest<CheckResponse>();
  const failed = (error: unknown): Verdict => {
    // A bug of ours must neither let a request pass nor end the process.
    log.error({ err: error }, `check failed: ${messageOf(error)}`);
    const outcome = deny('unavailable', { message: 'Internal error' });
    return { outcome, findings: { id: null }, responseHeaders: {} };
  };
  const handlers: AuthorizationHandlers = {
    Check: (call, callback) => {
      const startedMs = nowMs();
      const decoded = decodeRequest(call.request);
      const { callerOnly } = decoded;
      // The two questions about a request with a large body are different ones.
      const { requestId: id } = decoded.trace;
      const requestId = callerOnly && id !== '' ? `${id} caller` : id;
      const decide = async (isAbandoned: () => boolean): Promise<CheckResponse> => {
        const verdict = await check(decoded.request, { ...services(), isAbandoned, callerOnly }).catch(failed);
        const decision = decisionOf(decoded, verdict, nowMs() - startedMs);
        if (decision !== undefined) {
          sink(decision);
          if (isAbandoned()) {
            onAbandoned(decision);
            // The slot is free again, so the decision cannot be used once more.
            if (decision.slot !== undefined) checks.forget(requestId);
          }
        }
        return encodeVerdict(verdict);
      };
      void checks.run(requestId, call, decide).then((response) => callback(null, response));
    },
  };
  server.addService(authorizationService(), { ...handlers });
}
