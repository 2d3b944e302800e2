import { X509Certificate } from 'node:crypto';
import { messageOf } from '../../core/errors.ts';

/** PEM of certificates, or what is wrong with it: the rest of a sentence that begins with where it is from. */
export type AuthoritiesResult = { ok: true; value: string } | { ok: false; problem: string };

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/** Reads certificates of authorities; what stands between them is passed over. Envoy would refuse what is refused here. */
export function parseAuthorities(text: string): AuthoritiesResult {
  const blocks = text.match(CERTIFICATE) ?? [];
  if (blocks.length === 0) return { ok: false, problem: 'holds no certificate in PEM' };
  try {
    return { ok: true, value: blocks.map((block) => String(new X509Certificate(block))).join('') };
  } catch (error) {
    return { ok: false, problem: `holds a certificate that cannot be read: ${messageOf(error)}` };
  }
}
