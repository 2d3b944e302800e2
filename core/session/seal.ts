import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { KEY_ID_BYTES, type SessionKeys } from './keys.ts';
import { decodeSession, encodeSession, type Session } from './session.ts';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_BYTES = KEY_ID_BYTES + NONCE_BYTES;
const CONTEXT = Buffer.from('mcp-gateway session 1');

/** No token is longer; what is longer is refused unread. A server's own id may use most of it. */
export const MAX_TOKEN_LENGTH = 4096;

/** The longest session id of a server that is sealed. Longer ones would not fit a token. */
export const MAX_SERVER_SESSION_ID_LENGTH = 2048;

/**
 * Seals a session into the `Mcp-Session-Id` that a client gets: key id, nonce, AES-256-GCM ciphertext and tag, as base64url.
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
 * Opens a client's `Mcp-Session-Id`. Undefined when it is not one that these keys sealed, for whatever reason: the reasons
 * must look alike from outside. Whether it belongs to the caller is for {@link belongsTo}.
 */
export function openSession(token: string, keys: SessionKeys): Session | undefined {
  if (token.length > MAX_TOKEN_LENGTH || !/^[A-Za-z0-9_-]+$/.test(token)) return undefined;
  const bytes = Buffer.from(token, 'base64url');
  // Unused bits of the last character would give one session several spellings.
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

/** Who asks, and for what. */
export interface SessionOwner {
  backend: string;
  tenant: string;
  principal: Buffer;
}

/** Whether a session was opened by this caller, as this tenant, at this backend. */
export function belongsTo(session: Session, owner: SessionOwner): boolean {
  return (
    session.backend === owner.backend && session.tenant === owner.tenant && session.principal.equals(owner.principal)
  );
}
