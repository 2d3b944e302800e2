import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { ADMIN_ROLE } from '../../core/admin/config.ts';
import { IDENTITY_HEADERS, type IdentityField } from '../../core/registry/upstream.ts';

/** The caller of a request, as the gateway names it. */
export interface AdminCaller {
  subject: string;
  issuer: string;
  tenant: string;
  /** Envoy's id of the request, as in the audit log; empty if there is none. */
  requestId: string;
}

/**
 * Reads the caller of a request. The secret shows that the request comes from the gateway. Only then can the identity headers be
 * believed: the gateway sets them, and lets no caller through without the role.
 *
 * @param secret undefined before it was read
 * @returns the caller, or the HTTP status to answer with
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

// Hashes have the same length, so the time of the comparison reveals nothing.
function sameText(a: string, b: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(a), hash(b));
}
