import { importJWK, type JWK } from 'jose';
import { z } from 'zod';
import type { ALGORITHMS } from '../../core/identity/issuer.ts';
import type { TokenHeader } from './token-header.ts';

type Algorithm = (typeof ALGORITHMS)[number];

/** A public key that an issuer signs tokens with. */
export interface VerificationKey {
  /** Undefined if it was published without one; then only tokens without one can be signed with it. */
  readonly kid: string | undefined;
  /** Signature algorithms that it supports; at least one. */
  readonly algorithms: readonly Algorithm[];
  /** Only its public parts. */
  readonly jwk: JWK;
}

/** The usable keys of an issuer. */
export interface PublishedKeys {
  readonly keys: readonly VerificationKey[];
  /** Number of other keys: for encryption, of other kinds, damaged, or not public. */
  readonly ignored: number;
}

const MAX_KEYS = 200;
/** Maximum number of keys to try for a token without `kid`. */
const MAX_CANDIDATES = 10;
/** RFC 7518, section 3.3. */
const MIN_RSA_BITS = 2048;

const CURVES: Readonly<Record<string, readonly Algorithm[]>> = {
  'P-256': ['ES256'],
  'P-384': ['ES384'],
  'P-521': ['ES512'],
};
const RSA: readonly Algorithm[] = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'];

const documentSchema = z.object({ keys: z.array(z.unknown()).max(MAX_KEYS) });
const text = z.string().min(1).max(4096);
// RFC 7517, section 4. A published key with private parts is compromised.
const common = {
  kid: z.string().max(1024).optional(),
  alg: z.string().optional(),
  use: z.literal('sig').optional(),
  key_ops: z
    .array(z.string())
    .refine((operations) => operations.includes('verify'))
    .optional(),
  d: z.undefined().optional(),
};
const keySchema = z.discriminatedUnion('kty', [
  z.object({ ...common, kty: z.literal('RSA'), n: text, e: text }),
  z.object({ ...common, kty: z.literal('EC'), crv: text, x: text, y: text }),
  z.object({ ...common, kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: text }),
]);

/**
 * Reads a JSON Web Key Set (RFC 7517, section 5). Keys that cannot verify tokens are ignored, so that they do not make the others unusable.
 * Symmetric keys are never accepted, since every holder could sign with them.
 *
 * @throws Error if the document is not a key set, or has more than 200 keys
 */
export async function readKeys(document: unknown): Promise<PublishedKeys> {
  const parsed = documentSchema.safeParse(document);
  if (!parsed.success) throw new Error(`it is not a JSON Web Key Set of at most ${MAX_KEYS} keys`);
  const published = parsed.data.keys;
  const keys = (await Promise.all(published.map(readKey))).filter((key) => key !== undefined);
  return { keys, ignored: published.length - keys.length };
}

/** The keys with which a token can be signed, by `alg` and `kid` of its header; at most a few. */
export function candidatesFor(keys: readonly VerificationKey[], { alg, kid }: TokenHeader): readonly VerificationKey[] {
  const fits = (key: VerificationKey) =>
    (kid === undefined || key.kid === kid) && key.algorithms.some((algorithm) => algorithm === alg);
  return keys.filter(fits).slice(0, MAX_CANDIDATES);
}

async function readKey(published: unknown): Promise<VerificationKey | undefined> {
  const parsed = keySchema.safeParse(published);
  if (!parsed.success) return undefined;
  const { kid, alg, use: _use, key_ops: _operations, d: _d, ...jwk } = parsed.data;
  const possible = algorithmsOf(jwk);
  // In RFC 9864, EdDSA with this curve also has the name Ed25519.
  const algorithms = possible.filter((algorithm) => alg === undefined || algorithm === alg || jwk.kty === 'OKP');
  const named = alg === undefined || possible.some((algorithm) => algorithm === alg);
  const [first] = algorithms;
  return named && first !== undefined && (await isSound(jwk, first)) ? { kid, algorithms, jwk } : undefined;
}

function algorithmsOf(jwk: { kty: 'RSA' } | { kty: 'EC'; crv: string } | { kty: 'OKP' }): readonly Algorithm[] {
  if (jwk.kty === 'RSA') return RSA;
  return jwk.kty === 'OKP'
    ? ['EdDSA', 'Ed25519']
    : ((Object.hasOwn(CURVES, jwk.crv) ? CURVES[jwk.crv] : undefined) ?? []);
}

async function isSound(jwk: JWK, algorithm: Algorithm): Promise<boolean> {
  try {
    const key = await importJWK(jwk, algorithm);
    if (key instanceof Uint8Array) return false;
    const bits = 'modulusLength' in key.algorithm ? Number(key.algorithm.modulusLength) : MIN_RSA_BITS;
    return bits >= MIN_RSA_BITS;
  } catch {
    return false;
  }
}
