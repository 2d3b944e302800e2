import { type EndedSession, MAX_SECONDS } from '../../core/session/ended-record.ts';
import type {
  EndSessionRequest,
  EndSessionRequest__Output,
} from '../../protos/gen/mcp_gateway/v1/EndSessionRequest.ts';

/** An ended session as a message. */
export function sessionToProto({ forgetAtSeconds, issuedAtSeconds, ...session }: EndedSession): EndSessionRequest {
  return {
    fingerprint: Buffer.from(session.fingerprint, 'hex'),
    owner: Buffer.from(session.owner, 'hex'),
    issuedAtSeconds,
    forgetAtSeconds: Math.min(forgetAtSeconds, MAX_SECONDS),
  };
}

/** An ended session from a message. */
export function sessionFromProto(message: EndSessionRequest__Output): EndedSession {
  return {
    fingerprint: message.fingerprint?.toString('hex') ?? '',
    owner: message.owner?.toString('hex') ?? '',
    issuedAtSeconds: message.issuedAtSeconds ?? 0,
    forgetAtSeconds: message.forgetAtSeconds ?? 0,
  };
}
