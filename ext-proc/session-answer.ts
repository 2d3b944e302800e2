import { type SessionEvent, sessionRecord } from '../core/decision/audit.ts';
import { messageOf } from '../core/errors.ts';
import { RESPONSE_HEADERS } from '../core/lane/outputs.ts';
import { type Denial, deny, type RequestId } from '../core/mcp/denial.ts';
import type { EndedSession } from '../core/session/ended-record.ts';
import { MAX_TOKEN_LENGTH, sealSession } from '../core/session/seal.ts';
import { sessionFingerprint } from '../core/session/session.ts';
import type { ProcessingResponse } from '../protos/gen/envoy/service/ext_proc/v3/ProcessingResponse.ts';
import { encodeDenial, encodeHead } from './encode.ts';
import { type LaneResponse, respond, type SessionRequest } from './respond.ts';
import type { ResponseServices } from './services.ts';

/** Answers Envoy's message about the headers of a response that may open or close a session. */
export async function answerSession(
  request: SessionRequest,
  response: LaneResponse,
  services: ResponseServices,
): Promise<ProcessingResponse> {
  const { policy, keys, warnings, now = Date.now } = services;
  const id = request.lane === 'open' ? request.id : null;
  const step = respond(request, response, (name) => policy()?.backends.get(name), Math.floor(now() / 1000));
  switch (step.kind) {
    case 'pass':
      // A response that opens no session may still have the header, without a value.
      return encodeHead({}, request.lane === 'open' ? [RESPONSE_HEADERS.session.name] : []);
    case 'seal': {
      const sealed = sealSession(step.session, keys());
      if (sealed.length > MAX_TOKEN_LENGTH) return invalid(step.session.backend, 'it is too long', id, services);
      audit({ event: 'session-opened', of: step.session, fingerprint: sessionFingerprint(step.session) }, services);
      return encodeHead({ [RESPONSE_HEADERS.session.name]: sealed });
    }
    case 'end-session': {
      const { session, of } = step;
      await endEverywhere(session, of.tenant, services);
      audit({ event: 'session-ended', of, fingerprint: session.fingerprint }, services);
      return encodeHead({});
    }
    case 'invalid':
      return invalid(step.backend, step.why, id, services);
    case 'unpinnable':
      warnings.warn(step.reason, { reason: step.reason }, 'a session could not be opened');
      return encodeDenial(UNPINNABLE, id);
  }
}

const UNPINNABLE: Denial = deny('unavailable', {
  message: 'The session could not be opened; try again',
  headers: { 'retry-after': '1' },
});

function invalid(backend: string, why: string, id: RequestId, { warnings }: ResponseServices): ProcessingResponse {
  warnings.warn(`${backend}: ${why}`, { backend, reason: why }, 'a server opened a session with an invalid id');
  return encodeDenial(deny('invalid-server-session', { values: { why } }), id);
}

async function endEverywhere(
  session: EndedSession,
  tenant: string,
  { endSession, leaveTombstone, log }: ResponseServices,
): Promise<void> {
  const elsewhere = leaveTombstone(tenant, session);
  await endSession(session).catch((error: unknown) => {
    // The server has ended the session, so it is gone in any case. Only the tombstone of this gateway is missing.
    log.warn({ fingerprint: session.fingerprint, reason: messageOf(error) }, 'the end of a session was not recorded');
  });
  await elsewhere;
}

function audit(what: SessionEvent, services: ResponseServices): void {
  const record = sessionRecord(what, services.policy()?.settings.audit ?? 'all');
  if (record !== undefined) services.audit(record);
}
