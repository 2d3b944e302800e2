import { z } from 'zod';
import { messageOf } from '../../core/errors.ts';
import { equalButForSlash, type Issuer, isLoopback } from '../../core/identity/issuer.ts';
import { type PublishedKeys, readKeys } from './jwks.ts';

const MAX_DOCUMENT_BYTES = 1 << 20;

const discoveryDocument = z.object({ issuer: z.string(), jwks_uri: z.url() });

/** How to ask an issuer. */
export interface AskOptions {
  issuer: Pick<Issuer, 'url' | 'discoveryUrl'>;
  /** Timeout for each of the two documents. */
  timeoutMs: number;
  fetch: typeof globalThis.fetch;
}

/**
 * Asks an issuer for its keys (OpenID Connect Discovery 1.0, section 4). Does not follow redirects, which would let the responding server
 * choose where the keys come from.
 *
 * @throws Error about the document that cannot be used, and why
 */
export async function askIssuer({ issuer, timeoutMs, fetch }: AskOptions): Promise<PublishedKeys> {
  const discoveryUrl = issuer.discoveryUrl ?? `${issuer.url.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const discovery = discoveryDocument.safeParse(await getJson(discoveryUrl, timeoutMs, fetch));
  if (!discovery.success) throw new Error(`${discoveryUrl} is not a discovery document with issuer and jwks_uri`);
  const { issuer: name, jwks_uri: keysUrl } = discovery.data;
  if (name !== issuer.url) throw new Error(issuerMismatch(issuer.url, name));
  if (!isSecured(keysUrl, discoveryUrl)) throw new Error(`jwks_uri must be an https URL (got ${keysUrl})`);
  const document = await getJson(keysUrl, timeoutMs, fetch);
  return readKeys(document).catch((error: unknown) => {
    throw new Error(`${keysUrl} cannot be used: ${messageOf(error)}`);
  });
}

/** Describes how two issuers differ; often in a trailing slash, which is hard to see. */
export function issuerMismatch(configured: string, found: string): string {
  const hint = equalButForSlash(configured, found)
    ? ': they differ only in the trailing slash, but must be exactly equal'
    : '';
  return `the issuer is configured as ${configured} but calls itself ${found}${hint}`;
}

// Plain http is only for an issuer on this machine that is itself asked over http. No other issuer may refer to this machine.
function isSecured(keysUrl: string, discoveryUrl: string): boolean {
  const { protocol, hostname } = new URL(keysUrl);
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname) && discoveryUrl.startsWith('http:'));
}

async function getJson(url: string, timeoutMs: number, fetch: typeof globalThis.fetch): Promise<unknown> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, { headers: { accept: 'application/json' }, redirect: 'manual', signal });
    if (!response.ok) {
      await response.body?.cancel();
      const location = response.headers.get('location');
      const where = location === null ? '' : `, a redirect to ${location}, which is not followed`;
      throw new UnusableAnswer(`${url} answered ${response.status}${where}`);
    }
    const text = await readText(response);
    if (text === undefined) throw new UnusableAnswer(`${url} answered more than ${MAX_DOCUMENT_BYTES} bytes`);
    return parse(text, url);
  } catch (error) {
    if (error instanceof UnusableAnswer) throw error;
    if (signal.aborted) throw new Error(`${url} did not answer within ${timeoutMs / 1000} s`, { cause: error });
    // The message is only `fetch failed`; the reason is in its cause.
    const reason = error instanceof Error && error.cause !== undefined ? messageOf(error.cause) : messageOf(error);
    throw new Error(`${url} cannot be reached: ${reason}`, { cause: error });
  }
}

class UnusableAnswer extends Error {}

// Stops reading at the limit, whatever the headers say.
async function readText(response: Response): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > MAX_DOCUMENT_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string, url: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UnusableAnswer(`${url} did not answer with JSON`);
  }
}
