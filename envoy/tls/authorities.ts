import { X509Certificate } from 'node:crypto';
import { messageOf } from '../../core/errors.ts';

/** Certificates as PEM, or what is wrong with them: a predicate whose subject is the source, such as "holds no PEM certificate". */
export type AuthoritiesResult = { ok: true; value: string } | { ok: false; problem: string };

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/** Parses certificates of authorities and ignores text between them. Rejects what Envoy would reject. */
export function parseAuthorities(text: string): AuthoritiesResult {
  const blocks = text.match(CERTIFICATE) ?? [];
  if (blocks.length === 0) return { ok: false, problem: 'holds no PEM certificate' };
  try {
    return { ok: true, value: blocks.map((block) => String(new X509Certificate(block))).join('') };
  } catch (error) {
    return { ok: false, problem: `holds a certificate that cannot be parsed: ${messageOf(error)}` };
  }
}
