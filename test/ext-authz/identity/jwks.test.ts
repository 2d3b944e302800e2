import { expect } from 'chai';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { candidatesFor, readKeys } from '../../../ext-authz/identity/jwks.ts';

async function publicJwk(algorithm: string, more: Record<string, unknown> = {}): Promise<JWK> {
  const { publicKey } = await generateKeyPair(algorithm, { extractable: true });
  return { ...(await exportJWK(publicKey)), ...more };
}

describe('ext-authz/identity/jwks', () => {
  let ec: JWK;
  let rsa: JWK;

  before(async () => {
    ec = await publicJwk('ES256');
    rsa = await publicJwk('RS256');
  });

  const kidsOf = async (keys: unknown[]) => (await readKeys({ keys })).keys.map(({ kid }) => kid);

  it('determines which algorithms a key supports', async () => {
    const algorithmsOf = async (jwk: JWK) => (await readKeys({ keys: [jwk] })).keys[0]?.algorithms;
    expect(await algorithmsOf(rsa)).to.deep.equal(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']);
    expect(await algorithmsOf({ ...rsa, alg: 'PS512' })).to.deep.equal(['PS512']);
    expect(await algorithmsOf(ec)).to.deep.equal(['ES256']);
    expect(await algorithmsOf(await publicJwk('ES384'))).to.deep.equal(['ES384']);
    expect(await algorithmsOf(await publicJwk('ES512'))).to.deep.equal(['ES512']);
    for (const alg of [undefined, 'EdDSA', 'Ed25519']) {
      const jwk = await publicJwk('EdDSA', alg === undefined ? {} : { alg });
      expect(await algorithmsOf(jwk), alg).to.deep.equal(['EdDSA', 'Ed25519']);
    }
  });

  it('ignores keys that cannot verify tokens, and accepts the others', async () => {
    const { privateKey } = await generateKeyPair('ES256', { extractable: true });
    const secret = await exportJWK(privateKey);
    const short = await crypto.subtle.generateKey(
      { name: 'RSASSA-PKCS1-v1_5', modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' },
      true,
      ['sign', 'verify'],
    );
    const unusable: unknown[] = [
      null,
      'key',
      5,
      {},
      { kty: 'oct', k: 'c2VjcmV0', alg: 'HS256' },
      secret,
      { ...ec, use: 'enc' },
      { ...ec, use: 5 },
      { ...ec, key_ops: ['sign'] },
      { ...ec, alg: 'HS256' },
      { ...ec, alg: 'RS256' },
      { ...rsa, alg: 'RSA-OAEP' },
      { ...ec, crv: 'P-999' },
      { ...ec, crv: 'toString' },
      { ...ec, x: 'AAAA' },
      { ...ec, x: 5 },
      { ...ec, kid: 5 },
      { kty: 'RSA', n: rsa.n },
      { kty: 'RSA', n: '', e: 'AQAB' },
      await crypto.subtle.exportKey('jwk', short.publicKey),
      { kty: 'OKP', crv: 'X25519', x: 'AAAA' },
      { kty: 'AKP', alg: 'ML-DSA-44', pub: 'AAAA' },
    ];
    for (const key of unusable) expect(await kidsOf([key]), JSON.stringify(key)).to.deep.equal([]);
    const good = { ...ec, kid: 'good' };
    const published = await readKeys({ keys: [...unusable, good, ...unusable] });
    expect(published.keys.map(({ kid }) => kid)).to.deep.equal(['good']);
    expect(published.ignored).to.equal(2 * unusable.length);
  });

  it('keeps only the public parts of a key', async () => {
    const jwk = { ...rsa, kid: 'a', use: 'sig', key_ops: ['verify'], x5c: ['AAAA'], jku: 'https://evil.example' };
    const { keys } = await readKeys({ keys: [jwk] });
    expect(Object.keys(keys[0]?.jwk ?? {})).to.have.members(['kty', 'n', 'e']);
  });

  it('finds the keys for a token by its kid and algorithm, all of them without a kid', async () => {
    const other = await publicJwk('ES256');
    const { keys } = await readKeys({
      keys: [{ ...ec, kid: 'a' }, { ...other, kid: 'a' }, { ...rsa, kid: 'a' }, { ...ec, kid: 'b' }, ec],
    });
    const found = (alg: string, kid?: string) => candidatesFor(keys, { alg, kid }).map((key) => keys.indexOf(key));
    expect(found('ES256', 'a')).to.deep.equal([0, 1]);
    expect(found('RS256', 'a')).to.deep.equal([2]);
    expect(found('ES256', 'c')).to.deep.equal([]);
    expect(found('ES256', '')).to.deep.equal([]);
    expect(found('ES256')).to.deep.equal([0, 1, 3, 4]);
    expect(found('ES384')).to.deep.equal([]);
  });

  it('tries a token without a kid with a bounded number of keys', async () => {
    const { keys } = await readKeys({ keys: Array.from({ length: 200 }, () => ec) });
    expect(keys).to.have.length(200);
    expect(candidatesFor(keys, { alg: 'ES256', kid: undefined })).to.have.length(10);
  });
});
