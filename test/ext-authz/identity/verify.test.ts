import { createHmac } from 'node:crypto';
import { expect } from 'chai';
import { base64url, exportSPKI } from 'jose';
import { issuerSchema } from '../../../core/identity/issuer.ts';
import { hashPrincipal } from '../../../core/identity/principal.ts';
import { INVALID, TokenVerifier, type Verification } from '../../../ext-authz/identity/verify.ts';
import { capturedLog } from '../captured-log.ts';
import { type LocalIssuer, NOW_SECONDS, startIssuer } from '../local-issuer.ts';

const encode = (value: unknown) => base64url.encode(JSON.stringify(value));

describe('ext-authz/identity/verify', () => {
  let issuer: LocalIssuer;
  let nowSeconds: number;
  let verifier: TokenVerifier;

  const verifierOf = (url: string, settings = {}) =>
    new TokenVerifier({
      issuers: [issuerSchema.parse({ url, ...settings })],
      log: capturedLog().log,
      now: () => nowSeconds * 1000,
    });

  async function reasonOf(token: string): Promise<string> {
    const verification: Verification = await verifier.verify(token);
    return verification.kind === 'identity' ? 'accepted' : `${verification.kind}: ${verification.reason}`;
  }

  beforeEach(async () => {
    issuer = await startIssuer();
    nowSeconds = NOW_SECONDS;
    verifier = verifierOf(issuer.url);
  });

  afterEach(() => issuer.close());

  it('returns the caller', async () => {
    const verification = await verifier.verify(await issuer.sign({ aud: ['a', 'b'], tenant: 't' }));
    if (verification.kind !== 'identity') throw new Error(verification.reason);
    const { claims, issuerClaims, ...identity } = verification.identity;
    expect(issuerClaims).to.deep.equal(issuerSchema.parse({ url: issuer.url }).claims);
    expect(identity).to.deep.equal({
      issuer: issuer.url,
      scopes: [],
      subject: 'alice',
      principal: hashPrincipal(issuer.url, 'alice'),
      audiences: ['a', 'b'],
      expiresAtSeconds: NOW_SECONDS + 3600,
    });
    expect(claims).to.include({ tenant: 't' });
  });

  it('accepts every family of asymmetric signatures', async () => {
    for (const algorithm of ['RS256', 'PS256', 'ES256', 'EdDSA']) {
      issuer.keys.push(await issuer.newKey(`key-${algorithm}`, algorithm));
    }
    for (const key of issuer.keys.slice(1)) {
      expect(await reasonOf(await issuer.sign({}, {}, key)), key.kid).to.equal('accepted');
    }
  });

  it('rejects an algorithm that is not among those of the issuer', async () => {
    verifier = verifierOf(issuer.url, { algorithms: ['RS256'] });
    expect(await reasonOf(await issuer.sign())).to.equal(`invalid: ${INVALID.algorithm}`);
  });

  it('checks exp and nbf, with the configured tolerance', async () => {
    expect(await reasonOf(await issuer.sign({ exp: NOW_SECONDS - 29 }))).to.equal('accepted');
    expect(await reasonOf(await issuer.sign({ exp: NOW_SECONDS - 30 }))).to.equal(`invalid: ${INVALID.expired}`);
    expect(await reasonOf(await issuer.sign({ nbf: NOW_SECONDS + 30 }))).to.equal('accepted');
    expect(await reasonOf(await issuer.sign({ nbf: NOW_SECONDS + 31 }))).to.match(/^invalid: .*nbf claim/);
    verifier = verifierOf(issuer.url, { clockSkewSeconds: 0 });
    expect(await reasonOf(await issuer.sign({ exp: NOW_SECONDS }))).to.equal(`invalid: ${INVALID.expired}`);
  });

  it('rejects a cached token when it expires', async () => {
    const token = await issuer.sign({ exp: NOW_SECONDS + 10 });
    expect(await reasonOf(token)).to.equal('accepted');
    nowSeconds = NOW_SECONDS + 39;
    expect(await reasonOf(token)).to.equal('accepted');
    nowSeconds = NOW_SECONDS + 40;
    expect(await reasonOf(token)).to.equal(`invalid: ${INVALID.expired}`);
  });

  it('verifies a token once', async () => {
    const token = await issuer.sign();
    const first = await verifier.verify(token);
    expect(first.kind).to.equal('identity');
    expect(verifier.verify(token)).to.deep.equal(first);
  });

  it('keeps as many verified tokens as fit into its memory, by what their claims take', async () => {
    verifier = new TokenVerifier({
      issuers: [issuerSchema.parse({ url: issuer.url })],
      log: capturedLog().log,
      now: () => nowSeconds * 1000,
      cacheBytes: 100_000,
    });
    // A cached token is answered synchronously, not by a promise.
    const isKept = (token: string) => !(verifier.verify(token) instanceof Promise);
    const small = await issuer.sign();
    const huge = await issuer.sign({ groups: Array(3_500).fill({}) });
    expect(huge.length).to.be.lessThan(16_384);
    for (const token of [small, huge]) expect(await reasonOf(token)).to.equal('accepted');
    expect([small, huge].map(isKept)).to.deep.equal([true, false]);
    const large = [1, 2, 3, 4].map((at) => issuer.sign({ groups: Array(300).fill({}), at }));
    for (const token of await Promise.all(large)) expect(await reasonOf(token)).to.equal('accepted');
    expect(isKept(small)).to.equal(false);
    expect(isKept(await (large[3] as Promise<string>))).to.equal(true);
  });

  it('requires exp and sub, and a usable sub', async () => {
    for (const claims of [{ exp: undefined }, { sub: undefined }, { sub: '' }, { sub: 'x'.repeat(1025) }]) {
      expect(await reasonOf(await issuer.sign(claims)), JSON.stringify(claims)).to.match(
        /^invalid: has .*(exp|sub) claim/,
      );
    }
    for (const sub of [5, {}, ['alice'], true]) {
      const token = await issuer.sign({ sub });
      expect(await reasonOf(token), JSON.stringify(sub)).to.match(/^invalid: has .*sub claim/);
    }
  });

  it('compares the issuer exactly', async () => {
    expect(await reasonOf(await issuer.sign({ iss: `${issuer.url}/` }))).to.match(/trailing slash/);
    expect(await reasonOf(await issuer.sign({ iss: 'https://other.example' }))).to.match(
      /^invalid: .*https:\/\/other\.example/,
    );
    expect(await reasonOf(await issuer.sign({ iss: undefined }))).to.match(/iss claim/);
    for (const iss of [5, null, [issuer.url], {}]) {
      expect(await reasonOf(await issuer.sign({ iss })), JSON.stringify(iss)).to.match(/^invalid: .*iss claim/);
    }
  });

  it('does not use keys of an issuer that calls itself by another name', async () => {
    issuer.callsItself = `${issuer.url}/`;
    expect(await reasonOf(await issuer.sign())).to.match(/^unavailable/);
  });

  it('rejects tokens without a signature', async () => {
    const [, payload = ''] = (await issuer.sign()).split('.');
    for (const alg of ['none', 'None', 'NONE', '']) {
      for (const signature of ['', 'AAAA']) {
        expect(await reasonOf(`${encode({ alg, kid: 'first' })}.${payload}.${signature}`), alg).to.match(/^invalid/);
      }
    }
  });

  it('does not use a public key as a shared secret', async () => {
    const key = await issuer.newKey('rsa', 'RS256');
    issuer.keys.unshift(key);
    const [, payload = ''] = (await issuer.sign()).split('.');
    const input = `${encode({ alg: 'HS256', kid: 'rsa' })}.${payload}`;
    for (const secret of [await exportSPKI(key.pair.publicKey), JSON.stringify(key.publicJwk), key.publicJwk.n ?? '']) {
      const signature = createHmac('sha256', secret).update(input).digest('base64url');
      expect(await reasonOf(`${input}.${signature}`)).to.equal(`invalid: ${INVALID.algorithm}`);
    }
  });

  it('does not use keys in the token', async () => {
    const foreign = await issuer.newKey('foreign');
    const asked = issuer.asked.length;
    for (const header of [{ jwk: foreign.publicJwk }, { jku: `${issuer.url}/evil` }, { x5u: `${issuer.url}/evil` }]) {
      expect(await reasonOf(await issuer.sign({}, header, foreign))).to.match(/^invalid/);
      expect(await reasonOf(await issuer.sign({}, { ...header, kid: 'first' }, foreign))).to.equal(
        `invalid: ${INVALID.wrongSignature}`,
      );
    }
    expect(issuer.asked.slice(asked)).not.to.include('/evil');
  });

  it('rejects critical header parameters', async () => {
    const key = issuer.keys[0];
    const token = await issuer.sign();
    const [, payload = ''] = token.split('.');
    const header = encode({ alg: 'ES256', kid: key?.kid, crit: ['exp'], exp: NOW_SECONDS + 10 });
    expect(await reasonOf(`${header}.${payload}.AAAA`)).to.match(/^invalid: .*critical/);
  });

  it('rejects a token with any character changed', async () => {
    const token = await issuer.sign();
    for (let at = 0; at < token.length; at += 7) {
      const other = token[at] === 'A' ? 'B' : 'A';
      if (token[at] === '.') continue;
      expect(await reasonOf(token.slice(0, at) + other + token.slice(at + 1)), `at ${at}`).not.to.equal('accepted');
    }
  });

  it('rejects other texts and very long ones without an exception', async () => {
    const texts = [
      '',
      '.',
      '..',
      'a.b.c',
      '....',
      `${encode(null)}.${encode(null)}.AAAA`,
      `${encode([])}.${encode([])}.AAAA`,
      'x'.repeat(20_000),
    ];
    for (const text of texts) expect(await reasonOf(text), text.slice(0, 20)).to.match(/^invalid/);
  });

  it('is unavailable while the issuer was never reached', async () => {
    issuer.mood = 'broken';
    expect(await reasonOf(await issuer.sign())).to.match(/^unavailable: /);
  });
});
