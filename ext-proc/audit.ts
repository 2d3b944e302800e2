import type { PolicySettings } from '../core/policy/policy.ts';
import { type Session, sessionFingerprint } from '../core/session/session.ts';

/**
 * One line of the audit log: a session began or ended by request of its client. The decisions of ext-authz about requests of the
 * session name the same fingerprint.
 */
export interface SessionRecord {
  event: 'session-opened' | 'session-ended';
  backend: string;
  tenant: string;
  /** Hash of issuer and subject, in hex. */
  principal: string;
  /** Fingerprint. */
  session: string;
}

/** The line for a session; undefined where none is wanted: it is no refusal. */
export function sessionRecord(
  event: SessionRecord['event'],
  session: Session,
  wanted: PolicySettings['audit'],
): SessionRecord | undefined {
  if (wanted !== 'all') return undefined;
  const { backend, tenant, principal } = session;
  return { event, backend, tenant, principal: principal.toString('hex'), session: sessionFingerprint(session) };
}
