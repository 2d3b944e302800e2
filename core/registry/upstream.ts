import { z } from 'zod';
import { secretKey } from './secret.ts';

/** Source of the secret part: a file, or a key of a Secret in the cluster. */
const source = { file: z.string().min(1).optional(), secret: secretKey.optional() };

/** Headers that HTTP, MCP or the gateway use; a credential must not replace them. */
const OWN_HEADERS =
  /^(?:host|connection|keep-alive|te|trailer|upgrade|content-.*|transfer-encoding|proxy-.*|mcp-.*|x-mcp-.*|x-envoy-.*)$/;

/** The gateway's own credential for a backend. The secret part is read again when its file or Secret changes. */
export const upstreamAuthSchema = z
  .discriminatedUnion('type', [
    /** `Authorization: Bearer <secret>` (RFC 6750). */
    z.strictObject({ type: z.literal('bearer'), ...source }),
    /** `Authorization: Basic base64(<username>:<secret>)` (RFC 7617). */
    z.strictObject({
      type: z.literal('basic'),
      username: z.string().regex(/^[^:\p{Cc}]{1,256}$/u, 'must be a user name without colons or control characters'),
      ...source,
    }),
    /** `<header>: <secret>`. */
    z.strictObject({
      type: z.literal('header'),
      header: z
        .string()
        .regex(/^[A-Za-z0-9][A-Za-z0-9-]{0,127}$/, 'must be a header name')
        .toLowerCase()
        .refine((name) => !OWN_HEADERS.test(name), 'is a header that the gateway or HTTP itself uses'),
      ...source,
    }),
  ])
  .refine(({ file, secret }) => (file === undefined) !== (secret === undefined), {
    message: 'must have either file or secret',
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
 * The header for a credential; undefined if the secret cannot be put into one: it is empty, longer than 8,192 characters, or not visible
 * ASCII. White space around it is ignored, since editors end files with a line break.
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

/** What the gateway can pass on about the caller, each in its header of {@link IDENTITY_HEADERS}. */
export const IDENTITY_FIELDS = ['subject', 'issuer', 'tenant', 'roles', 'scopes'] as const;

/** A part of the caller's identity. */
export type IdentityField = (typeof IDENTITY_FIELDS)[number];

/** The header of each field. Only the gateway can set them: it removes those that clients send. */
export const IDENTITY_HEADERS: Readonly<Record<IdentityField, string>> = {
  subject: 'x-mcp-subject',
  issuer: 'x-mcp-issuer',
  tenant: 'x-mcp-tenant',
  roles: 'x-mcp-roles',
  scopes: 'x-mcp-scopes',
};

/**
 * Tells the bridge in front of a server (`transport: stdio` or `sse`) which user a request is from, for the user's share of its sessions: the
 * principal, a hash that reveals nothing. It ends at the bridge.
 */
export const USER_HEADER = 'x-mcp-user';

/**
 * The value of an identity header. `%`, `,` and everything that is not visible ASCII is percent-encoded as UTF-8, so that a header can
 * carry any text and a list can be split at its commas. `decodeURIComponent` restores the text.
 */
export function identityValue(texts: readonly string[]): string {
  const encode = (text: string) =>
    text
      .toWellFormed()
      .replace(/[^\x21-\x24\x26-\x2b\x2d-\x7e]+/g, encodeURIComponent)
      .replaceAll(',', '%2C');
  return texts.map(encode).join(',');
}
