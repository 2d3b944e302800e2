import { z } from 'zod';
import { secretKey } from './secret.ts';

/** Where the secret part is: in a file, or in a key of a Secret of the cluster. */
const source = { file: z.string().min(1).optional(), secret: secretKey.optional() };

/** Headers that carry the request itself, or that the gateway and MCP use; a credential must not take their place. */
const OWN_HEADERS =
  /^(?:host|connection|keep-alive|te|trailer|upgrade|content-.*|transfer-encoding|proxy-.*|mcp-.*|x-mcp-.*|x-envoy-.*)$/;

/** A credential of the gateway's own that a backend is called with. The secret part is read live from its file or Secret. */
export const upstreamAuthSchema = z
  .discriminatedUnion('type', [
    /** `Authorization: Bearer <secret>` (RFC 6750). */
    z.strictObject({ type: z.literal('bearer'), ...source }),
    /** `Authorization: Basic base64(<username>:<secret>)` (RFC 7617). */
    z.strictObject({
      type: z.literal('basic'),
      username: z.string().regex(/^[^:\p{Cc}]{1,256}$/u, 'must be a user name without colons and control characters'),
      ...source,
    }),
    /** `<header>: <secret>`. */
    z.strictObject({
      type: z.literal('header'),
      header: z
        .string()
        .regex(/^[A-Za-z0-9][A-Za-z0-9-]{0,127}$/, 'must be the name of a header')
        .toLowerCase()
        .refine((name) => !OWN_HEADERS.test(name), 'is a header that the gateway or HTTP itself uses'),
      ...source,
    }),
  ])
  .refine(({ file, secret }) => (file === undefined) !== (secret === undefined), {
    message: 'must hold either a file or a secret',
  });

/** A parsed credential. */
export type UpstreamAuth = z.output<typeof upstreamAuthSchema>;

/** A header that is set on requests to a backend. */
export interface UpstreamHeader {
  /** In lower case. */
  readonly name: string;
  readonly value: string;
}

/**
 * The header for a credential; undefined when the secret cannot go into one: it is empty, longer than 8,192 characters, or not
 * visible ASCII. White space around it is passed over, since editors end files with a line break.
 */
export function upstreamHeader(auth: UpstreamAuth, text: string): UpstreamHeader | undefined {
  const secret = text.trim();
  if (secret === '' || secret.length > 8_192) return undefined;
  if (auth.type === 'basic') {
    const pair = Buffer.from(`${auth.username}:${secret}`).toString('base64');
    return { name: 'authorization', value: `Basic ${pair}` };
  }
  if (!/^[\x20-\x7e]+$/.test(secret)) return undefined;
  return auth.type === 'bearer'
    ? { name: 'authorization', value: `Bearer ${secret}` }
    : { name: auth.header, value: secret };
}

/** What a backend may be told of the caller, each in the header {@link IDENTITY_HEADERS} names. */
export const IDENTITY_FIELDS = ['subject', 'issuer', 'tenant', 'roles', 'scopes'] as const;

/** A part of the caller's identity. */
export type IdentityField = (typeof IDENTITY_FIELDS)[number];

/** The header of each field. Nobody but the gateway can set one: all that come from clients are removed. */
export const IDENTITY_HEADERS: Readonly<Record<IdentityField, string>> = {
  subject: 'x-mcp-subject',
  issuer: 'x-mcp-issuer',
  tenant: 'x-mcp-tenant',
  roles: 'x-mcp-roles',
  scopes: 'x-mcp-scopes',
};

/**
 * The value of an identity header. What is not visible ASCII, and `%` and `,`, is percent-encoded as UTF-8, so that any text goes
 * into a header and a list can be split at its commas; `decodeURIComponent` gives the text back.
 */
export function identityValue(texts: readonly string[]): string {
  const encode = (text: string) =>
    text
      .toWellFormed()
      .replace(/[^\x21-\x24\x26-\x2b\x2d-\x7e]+/g, encodeURIComponent)
      .replaceAll(',', '%2C');
  return texts.map(encode).join(',');
}
