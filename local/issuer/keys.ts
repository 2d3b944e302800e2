import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';
import { z } from 'zod';
import { issuerFiles, readStateJson, writePrivateJson } from './state-files.ts';

/** The algorithm of access tokens and ID tokens. Of the accepted algorithms, RS256 is the cheapest to verify. */
export const TOKEN_ALGORITHM = 'RS256';

const ALGORITHMS = [TOKEN_ALGORITHM, 'ES256'] as const;

const keySetShape = z.object({
  keys: z
    .array(
      z.looseObject({
        kty: z.string(),
        kid: z.string(),
        alg: z.enum(ALGORITHMS),
        use: z.literal('sig'),
        d: z.string(),
      }),
    )
    .refine((keys) => keys.some((key) => key.alg === TOKEN_ALGORITHM), { error: `no ${TOKEN_ALGORITHM} key` }),
});

/** The private signing keys as a JWK set. */
export type SigningKeys = z.infer<typeof keySetShape>;

/** A private signing key as a JWK with `kid`, `alg` and `use`. */
export type SigningKey = SigningKeys['keys'][number];

/** The stored keys, or undefined if there are none yet. */
export async function readSigningKeys(stateDir: string): Promise<SigningKeys | undefined> {
  return readStateJson(issuerFiles(stateDir).keys, keySetShape);
}

/** The stored keys. Creates and stores them on first use, so that tokens survive a restart. */
export async function loadSigningKeys(stateDir: string): Promise<SigningKeys> {
  const kept = await readSigningKeys(stateDir);
  if (kept !== undefined) return kept;
  const made = keySetShape.parse({ keys: await Promise.all(ALGORITHMS.map(makeKey)) });
  await writePrivateJson(issuerFiles(stateDir).keys, made);
  return made;
}

/** The key that signs tokens. */
export function tokenKey(keys: SigningKeys): SigningKey {
  const key = keys.keys.find(({ alg }) => alg === TOKEN_ALGORITHM);
  if (key === undefined) throw new Error(`no ${TOKEN_ALGORITHM} key`);
  return key;
}

async function makeKey(alg: (typeof ALGORITHMS)[number]): Promise<unknown> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = await exportJWK(privateKey);
  return { ...jwk, kid: await calculateJwkThumbprint(jwk), alg, use: 'sig' };
}
