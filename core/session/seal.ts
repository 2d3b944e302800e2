import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { KEY_ID_BYTES, type SessionKeys } from './keys.ts';
import { decodeSession, encodeSession, type Session } from './session.ts';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_BYTES = KEY_ID_BYTES + NONCE_BYTES;
const CONTEXT = Buffer.from('mcp-gateway session 1');

/** Maximum length of a token. Longer ones are rejected unread. The server's own id may take up most of it. */
export const MAX_TOKEN_LENGTH = 4096;

/** Maximum length of a server's session id that can be sealed. Longer ones would not fit into a token. */
export const MAX_SERVER_SESSION_ID_LENGTH = 2048;

/**
 * Seals a session into the `Mcp-Session-Id` for the client: key id, nonce, AES-256-GCM ciphertext and tag, as base64url.
 * Nonces are random; one key must seal fewer than 2^32 sessions (NIST SP 800-38D, section 8.3).
 */
export function sealSession(
  session: Session,
  keys: SessionKeys,
  random: (size: number) => Buffer = randomBytes,
): string {
  const nonce = random(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', keys.sealing.key, nonce);
  cipher.setAAD(CONTEXT);
  const sealed = [keys.sealing.id, nonce, cipher.update(encodeSession(session)), cipher.final(), cipher.getAuthTag()];
  return Buffer.concat(sealed).toString('base64url');
}

/**
 * Opens a client's `Mcp-Session-Id`. Undefined if these keys did not seal it, whatever the reason: callers must not be able to tell
 * the reasons apart. {@link belongsTo} checks whether the session belongs to the caller.
 */
export function openSession(token: string, keys: SessionKeys): Session | undefined {
  if (token.length > MAX_TOKEN_LENGTH || !/^[A-Za-z0-9_-]+$/.test(token)) return undefined;
  const bytes = Buffer.from(token, 'base64url');
  // The unused bits of the last character would allow several spellings of one session.
  if (bytes.length <= HEADER_BYTES + TAG_BYTES || bytes.toString('base64url') !== token) return undefined;
  const key = keys.byId.get(bytes.readUInt32BE());
  if (key === undefined) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', key.key, bytes.subarray(KEY_ID_BYTES, HEADER_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(CONTEXT);
  decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
  try {
    const plain = decipher.update(bytes.subarray(HEADER_BYTES, bytes.length - TAG_BYTES));
    decipher.final();
    return decodeSession(plain);
  } catch {
    return undefined;
  }
}

/** The caller, and the backend of its request. */
export interface SessionOwner {
  backend: string;
  tenant: string;
  principal: Buffer;
}

/** Whether this caller opened the session, for this tenant and at this backend. */
export function belongsTo(session: Session, owner: SessionOwner): boolean {
  return (
    session.backend === owner.backend && session.tenant === owner.tenant && session.principal.equals(owner.principal)
  );
}
