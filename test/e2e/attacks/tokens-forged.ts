// Family: tokens that the issuer did not sign. Algorithm confusion, key ids that lead elsewhere, keys from the token's own
// header, damaged and borrowed signatures, other kinds of tokens. All get 401, and only the issuers are asked for keys.
import { createPublicKey, type JsonWebKey, KeyObject } from 'node:crypto';
import { expect } from 'chai';
import { CompactEncrypt } from 'jose';
import { type Attack, itHolds, UNAUTHORIZED } from './attack.ts';
import { attackersKey, part, signEs256, split, withClaims, withHeader, withSecret, withSignature } from './forge.ts';
import type { Ground } from './set-up.ts';

type Tokens = Record<string, (ground: Ground) => string | Promise<string>>;

const attacker = attackersKey();
const rsaSigned = (ground: Ground, header: Record<string, unknown> = {}) => ground.sign({}, header, ground.rsa);
const rsaKey = ({ rsa }: Ground) => createPublicKey({ key: rsa.publicJwk as JsonWebKey, format: 'jwk' });
const jwksOf = ({ issuer }: Ground) => JSON.stringify({ keys: issuer.keys.map(({ publicJwk }) => publicJwk) });

const ALGORITHMS: Tokens = {
  'alg none': ({ token }) => withHeader(token, { alg: 'none' }, ''),
  'alg None': ({ token }) => withHeader(token, { alg: 'None' }, ''),
  'alg NONE': ({ token }) => withHeader(token, { alg: 'NONE' }, ''),
  'alg nOnE': ({ token }) => withHeader(token, { alg: 'nOnE' }, ''),
  'alg none and a signature': ({ token }) => withHeader(token, { alg: 'none' }),
  'alg empty': ({ token }) => withHeader(token, { alg: '' }),
  'alg missing': ({ token }) => withHeader(token, { alg: undefined }),
  'alg an array': ({ token }) => withHeader(token, { alg: ['ES256'] }),
  'alg in lower case': ({ token }) => withHeader(token, { alg: 'es256' }),
  'HS256 with the public key as secret': async (at) =>
    withSecret(await rsaSigned(at), rsaKey(at).export({ type: 'spki', format: 'pem' })),
  'HS256 with the public key as DER': async (at) =>
    withSecret(await rsaSigned(at), rsaKey(at).export({ type: 'spki', format: 'der' })),
  'HS256 with the key as JWK': async (at) => withSecret(await rsaSigned(at), JSON.stringify(at.rsa.publicJwk)),
  'HS256 with the whole key set': async (at) => withSecret(await rsaSigned(at), jwksOf(at)),
  'HS256 with an empty secret and no key id': ({ token }) => withSecret(token, '', { kid: undefined }),
  'RS256 with the id of an EC key': (at) => rsaSigned(at, { kid: 'key' }),
  'PS256 in place of RS256': async (at) => withHeader(await rsaSigned(at), { alg: 'PS256' }),
  'ES256 in place of RS256': async (at) => withHeader(await rsaSigned(at), { alg: 'ES256' }),
  'ES384 with a P-256 key': ({ token }) => withHeader(token, { alg: 'ES384' }),
  'EdDSA with a P-256 key': ({ token }) => withHeader(token, { alg: 'EdDSA' }),
  ES256K: ({ token }) => withHeader(token, { alg: 'ES256K' }),
};

const KEYS: Tokens = {
  'the right key id and another key': ({ token }) => attacker.resign(token, {}),
  'an unknown key id': ({ token }) => attacker.resign(token, { kid: 'unknown' }),
  'no key id': ({ token }) => attacker.resign(token, { kid: undefined }),
  'an empty key id': ({ token }) => attacker.resign(token, { kid: '' }),
  'a path as key id': ({ token }) => withSecret(token, '', { kid: '../../../../dev/null' }),
  'a URL as key id': ({ token, stranger }) => attacker.resign(token, { kid: `${stranger.url}/jwks` }),
  'SQL as key id': ({ token }) => withSecret(token, 'known', { kid: "x' UNION SELECT 'known' -- " }),
  'an array as key id': ({ token }) => attacker.resign(token, { kid: ['key'] }),
  '__proto__ as key id': ({ token }) => attacker.resign(token, { kid: '__proto__' }),
  'a very long key id': ({ token }) => attacker.resign(token, { kid: 'k'.repeat(8_000) }),
  'the key of another accepted issuer': (at) => at.sign({}, {}, at.partner.keys[0]),
  'the key of another accepted issuer, by an id of its own': async (at) => {
    const key = await at.partner.newKey('partner-only');
    at.partner.keys.push(key);
    return at.sign({}, {}, key);
  },
  'a jwk of its own': ({ token }) => attacker.resign(token, { jwk: attacker.jwk }),
  'a jwk of its own and no key id': ({ token }) => attacker.resign(token, { jwk: attacker.jwk, kid: undefined }),
  'jku at a server of the attacker': (at) => at.sign({}, { jku: `${at.stranger.url}/jwks` }, at.stranger.keys[0]),
  'jku and an unknown key id': (at) =>
    at.sign({}, { jku: `${at.stranger.url}/jwks`, kid: 'theirs' }, at.stranger.keys[0]),
  'x5u at a server of the attacker': (at) => at.sign({}, { x5u: `${at.stranger.url}/cert` }, at.stranger.keys[0]),
  'x5c with a certificate of its own': ({ token }) => attacker.resign(token, { x5c: ['MIIBAAAA'], kid: undefined }),
  'the issuer of the attacker': async ({ stranger, gateway }) =>
    stranger.sign({ aud: gateway.url, team: 'red', iat: 1, exp: 4_000_000_000 }),
};

const SHAPES: Tokens = {
  'known critical header parameters': (at) => at.sign({}, { crit: ['b64'], b64: true }),
  'unknown critical header parameters': ({ token }) => withHeader(token, { crit: ['x'], x: 1 }),
  'an empty list of critical header parameters': ({ token }) => withHeader(token, { crit: [] }),
  'b64 false': ({ token }) => withHeader(token, { b64: false, crit: ['b64'] }),
  'the type of a logout token': (at) => at.sign({}, { typ: 'logout+jwt' }),
  'the type of a proof of possession': (at) => at.sign({}, { typ: 'dpop+jwt' }),
  'a type that is not a text': (at) => at.sign({}, { typ: ['JWT'] as unknown as string }),
  'a changed signature': ({ token }) => withSignature(token, Buffer.from(split(token)[2], 'base64url').reverse()),
  'a signature cut short': ({ token }) => token.slice(0, -4),
  'a signature with appended characters': ({ token }) => `${token}AAAA`,
  'a signature of zeros': ({ token }) => withSignature(token, Buffer.alloc(64)),
  'a signature in ASN.1': ({ token, key }) => {
    const signed = split(token).slice(0, 2).join('.');
    return withSignature(token, signEs256(signed, KeyObject.from(key.pair.privateKey), 'der'));
  },
  'no signature': ({ token }) => withSignature(token, Buffer.alloc(0)),
  'the signature of another token': async (at) =>
    withSignature(at.token, Buffer.from(split(await at.sign({ sub: 'mallory' }))[2], 'base64url')),
  'changed claims': ({ token }) => withClaims(token, { sub: 'root' }),
  'two parts': ({ token }) => split(token).slice(0, 2).join('.'),
  'four parts': ({ token }) => `${token}.AAAA`,
  'a header that is not JSON': ({ token }) => [part('none'), ...split(token).slice(1)].join('.'),
  'an encrypted token': async (at) => {
    const header = { alg: 'RSA-OAEP-256', enc: 'A256GCM', cty: 'JWT', kid: 'rsa' };
    return new CompactEncrypt(Buffer.from(at.token)).setProtectedHeader(header).encrypt(rsaKey(at));
  },
  'more than 16,384 characters': (at) => at.sign({ more: 'x'.repeat(16_384) }),
};

/** A token that the issuer did not sign gives no access. */
export function forgedTokens(ground: () => Ground): void {
  describe('tokens that the issuer did not sign', () => {
    const attacks = Object.entries({ ...ALGORITHMS, ...KEYS, ...SHAPES }).map(([what, make]): Attack => {
      const send = async (at: Ground) => {
        const answer = await at.call({ token: await make(at) });
        expect(answer.headers['www-authenticate']).to.match(/^Bearer error="invalid_token", /);
        return answer;
      };
      return [what, send, UNAUTHORIZED];
    });
    itHolds(ground, attacks);

    it('make the gateway ask no other server for keys', () => expect(ground().stranger.asked).to.deep.equal([]));
    itHolds(ground, [['a token that it did sign', (at) => at.call(), 'passes']]);
  });
}
