import { createHash } from 'node:crypto';
import { PRINCIPAL_BYTES } from '../identity/principal.ts';

/** The content of a sealed session id. The gateway keeps no other state of a session. */
export interface Session {
  backend: string;
  tenant: string;
  /** {@link PRINCIPAL_BYTES} bytes. */
  principal: Buffer;
  /** The endpoint's id. */
  endpoint: string;
  /** The endpoint's incarnation when the session was opened. */
  incarnation: string;
  /** The session id that the server itself issued. */
  serverSessionId: string;
  /** When the session was opened, in whole seconds since the epoch. */
  issuedAtSeconds: number;
  /** {@link SERIAL_BYTES} random bytes. They distinguish sessions of one caller for which the server gives out one id. */
  serial: Buffer;
}

/** Length of {@link Session.serial}. */
export const SERIAL_BYTES = 8;

const FORMAT = 2;
const TEXTS_AT = 5 + PRINCIPAL_BYTES + SERIAL_BYTES;

/**
 * Packs a session: a format byte, the time of issue, the principal, the serial and five strings, each with a two-byte length.
 *
 * @throws RangeError if a part does not fit
 */
export function encodeSession(session: Session): Buffer {
  if (session.principal.length !== PRINCIPAL_BYTES) throw new RangeError(`a principal has ${PRINCIPAL_BYTES} bytes`);
  if (session.serial.length !== SERIAL_BYTES) throw new RangeError(`a serial has ${SERIAL_BYTES} bytes`);
  const head = Buffer.alloc(5);
  head.writeUInt8(FORMAT, 0);
  head.writeUInt32BE(session.issuedAtSeconds, 1);
  return Buffer.concat([head, session.principal, session.serial, ...strings(session).flatMap(withLength)]);
}

/** Unpacks a session; undefined if the bytes are not a session. */
export function decodeSession(bytes: Buffer): Session | undefined {
  if (bytes.length < TEXTS_AT || bytes[0] !== FORMAT) return undefined;
  const texts: string[] = [];
  let offset = TEXTS_AT;
  while (offset + 2 <= bytes.length) {
    const end = offset + 2 + bytes.readUInt16BE(offset);
    if (end > bytes.length) return undefined;
    texts.push(bytes.toString('utf8', offset + 2, end));
    offset = end;
  }
  const [backend, tenant, endpoint, incarnation, serverSessionId] = texts;
  if (offset !== bytes.length || texts.length !== 5 || serverSessionId === undefined) return undefined;
  return {
    backend: backend ?? '',
    tenant: tenant ?? '',
    principal: bytes.subarray(5, 5 + PRINCIPAL_BYTES),
    endpoint: endpoint ?? '',
    incarnation: incarnation ?? '',
    serverSessionId,
    issuedAtSeconds: bytes.readUInt32BE(1),
    serial: bytes.subarray(5 + PRINCIPAL_BYTES, TEXTS_AT),
  };
}

/**
 * An opaque name for a session: 16 bytes of SHA-256 over its whole content, in hex. Tenant, caller, time of issue and serial are part
 * of it: a server may give the same id to several callers, or again to one, and a tombstone must end one session only. Safe to log.
 */
export function sessionFingerprint(session: Session): string {
  return createHash('sha256').update(encodeSession(session)).digest('hex').slice(0, 32);
}

function strings({ backend, tenant, endpoint, incarnation, serverSessionId }: Session): string[] {
  return [backend, tenant, endpoint, incarnation, serverSessionId];
}

function withLength(text: string): Buffer[] {
  const bytes = Buffer.from(text, 'utf8');
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return [length, bytes];
}
