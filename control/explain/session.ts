import type { z } from 'zod';
import { UserError } from '../../core/errors.ts';
import { openSession } from '../../core/session/seal.ts';
import { type Session, sessionFingerprint } from '../../core/session/session.ts';
import type { AuditLine, Installation, ReplicaDetail } from '../installation.ts';
import type { sessionResult } from '../results.ts';

/**
 * Whose sessions somebody may look into. On a machine that is who can read the key file, in a cluster who may read the Secret of
 * the keys: they see all. Others see those of their tenants only.
 */
export type Viewer = 'all' | readonly string[];

/** Tells what a sealed session id says. */
export async function explainSession(
  installation: Installation,
  { sessionId, viewer, nowMs }: { sessionId: string; viewer: Viewer; nowMs: number },
): Promise<z.output<typeof sessionResult>> {
  const session = openSession(sessionId.trim(), await installation.sessionKeys());
  // A session of somebody else looks like none at all.
  if (session === undefined || !(viewer === 'all' || viewer.includes(session.tenant))) {
    throw new UserError('no-such', 'this is no session id of this gateway', {
      hint: [
        'Give the value of the header Mcp-Session-Id as the client has it, without quotes. It may have been cut off or changed,',
        'be sealed with a key that was retired, or belong to another gateway; its client has to initialize again.',
      ].join('\n'),
    });
  }
  const fingerprint = sessionFingerprint(session);
  // Without the audit log the subject is not known; everything else is.
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
  /** Whether there is still a backend of that name. */
  exists: boolean;
  replicas: readonly Pick<ReplicaDetail, 'id' | 'incarnation'>[];
  /** What the audit log says of the session. */
  lines: readonly AuditLine[];
}

/** Whether a session goes on, with words for it. */
export function lifeOf(
  { backend, endpoint, incarnation }: Session,
  { exists, replicas, lines }: Surroundings,
): { alive: boolean | null; explanation: string } {
  const ended = lines.find((line) => line.event === 'session-ended');
  if (ended !== undefined) return { alive: false, explanation: `its client ended it at ${String(ended.time)}` };
  if (!exists)
    return { alive: false, explanation: `the backend ${backend} was removed; its sessions end with its drain time` };
  const replica = replicas.find(({ id }) => id === endpoint);
  if (replicas.length === 0) return { alive: null, explanation: 'nobody can tell which replicas there are now' };
  if (replica === undefined) {
    return { alive: false, explanation: `its replica ${endpoint} is gone; the client gets 404 and initializes again` };
  }
  if (replica.incarnation !== undefined && replica.incarnation !== incarnation) {
    const explanation = `its replica ${endpoint} was started anew since, which ended it; the client gets 404 and initializes again`;
    return { alive: false, explanation };
  }
  return { alive: true, explanation: `it goes on, at ${endpoint}` };
}
