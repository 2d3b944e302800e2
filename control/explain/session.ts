import type { z } from 'zod';
import { UserError } from '../../core/errors.ts';
import { openSession } from '../../core/session/seal.ts';
import { type Session, sessionFingerprint } from '../../core/session/session.ts';
import type { AuditLine, Installation, ReplicaDetail } from '../installation.ts';
import type { sessionResult } from '../results.ts';

/**
 * The tenants whose sessions and requests a caller may see. A caller that can read the session keys, in a file or a Secret, sees all.
 * See decision 043.
 */
export type Viewer = 'all' | readonly string[];

/** Explains a sealed session id. Throws a UserError `no-such` if it is not valid, or not for this viewer. */
export async function explainSession(
  installation: Installation,
  { sessionId, viewer, nowMs }: { sessionId: string; viewer: Viewer; nowMs: number },
): Promise<z.output<typeof sessionResult>> {
  const session = openSession(sessionId.trim(), await installation.sessionKeys());
  // A session of another tenant looks like an invalid id.
  if (session === undefined || !(viewer === 'all' || viewer.includes(session.tenant))) {
    throw new UserError('no-such', 'this is not a session id of this gateway', {
      hint: [
        'Give the value of the header Mcp-Session-Id as the client has it, without quotes. It may be truncated or changed,',
        'sealed with a retired key, or from another gateway. Then the client must initialize again.',
      ].join('\n'),
    });
  }
  const fingerprint = sessionFingerprint(session);
  // Without the audit log only the subject and issuer are unknown.
  const lines = await installation.auditLines({ key: 'session', value: fingerprint }).catch(() => []);
  const found = await installation.get(session.backend);
  const detail = found && (await installation.detail(found, 0).catch(() => undefined));
  const replicas = detail?.replicas ?? [];
  const life = lifeOf(session, { exists: found !== undefined, replicas, lines });
  const named = lines.find((line) => typeof line.subject === 'string');
  return {
    ...{ backend: session.backend, tenant: session.tenant, pod: session.endpoint, fingerprint, ...life },
    openedAt: new Date(session.issuedAtSeconds * 1000).toISOString(),
    ageSeconds: Math.max(0, Math.floor(nowMs / 1000) - session.issuedAtSeconds),
    owner: {
      principal: session.principal.toString('hex'),
      subject: typeof named?.subject === 'string' ? named.subject : null,
      issuer: typeof named?.issuer === 'string' ? named.issuer : null,
    },
  };
}

interface Surroundings {
  /** Whether the backend still exists. */
  exists: boolean;
  replicas: readonly Pick<ReplicaDetail, 'id' | 'incarnation'>[];
  /** Lines of the audit log about the session. */
  lines: readonly AuditLine[];
}

/** Whether a session is alive, and why. */
export function lifeOf(
  { backend, endpoint, incarnation }: Session,
  { exists, replicas, lines }: Surroundings,
): { alive: boolean | null; explanation: string } {
  const ended = lines.find((line) => line.event === 'session-ended');
  if (ended !== undefined) return { alive: false, explanation: `its client ended it at ${String(ended.time)}` };
  if (!exists)
    return { alive: false, explanation: `the backend ${backend} was removed; its sessions end after its drain time` };
  const replica = replicas.find(({ id }) => id === endpoint);
  if (replicas.length === 0) return { alive: null, explanation: 'the current replicas are unknown' };
  if (replica === undefined) {
    return { alive: false, explanation: `its replica ${endpoint} is gone; the client gets 404 and initializes again` };
  }
  if (replica.incarnation !== undefined && replica.incarnation !== incarnation) {
    const explanation = `its replica ${endpoint} was restarted, which ended it; the client gets 404 and initializes again`;
    return { alive: false, explanation };
  }
  return { alive: true, explanation: `it is alive, on ${endpoint}` };
}
