import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { ADMIN_ROLE } from '../../core/admin/config.ts';
import { IDENTITY_HEADERS, type IdentityField } from '../../core/registry/upstream.ts';

/** Who asks, as the gateway tells it. */
export interface AdminCaller {
  subject: string;
  issuer: string;
  tenant: string;
  /** Envoy's id of the request, as in the audit log; empty where there is none. */
  requestId: string;
}

/**
 * Reads who asks. Whatever comes without the secret comes from nobody, and what the headers say is looked at only then: they are
 * what the gateway says, which lets nobody through without the role.
 *
 * @param secret undefined where there is none yet
 * @returns an HTTP status where it must be refused
 */
export function readCaller(headers: IncomingHttpHeaders, secret: string | undefined): AdminCaller | 401 | 403 {
  const given = /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1];
  if (secret === undefined || secret === '' || given === undefined || !sameText(given, secret)) return 401;
  const [subject, issuer, tenant] = (['subject', 'issuer', 'tenant'] as const).map((field) => read(headers, field)[0]);
  if (subject === undefined || issuer === undefined || tenant === undefined) return 403;
  if (!read(headers, 'roles').includes(ADMIN_ROLE)) return 403;
  return { subject, issuer, tenant, requestId: String(headers['x-request-id'] ?? '') };
}

function read(headers: IncomingHttpHeaders, field: IdentityField): string[] {
  const value = headers[IDENTITY_HEADERS[field]];
  if (typeof value !== 'string' || value === '') return [];
  try {
    return value.split(',').map(decodeURIComponent);
  } catch {
    return [];
  }
}

// Hashes have one length, so that the time of the comparison tells nothing.
function sameText(a: string, b: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(a), hash(b));
}
