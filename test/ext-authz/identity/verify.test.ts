import { createHmac } from 'node:crypto';
import { expect } from 'chai';
import { base64url, exportSPKI } from 'jose';
import { issuerSchema } from '../../../core/identity/issuer.ts';
import { hashPrincipal } from '../../../core/identity/principal.ts';
import { TokenVerifier, type Verification } from '../../../ext-authz/identity/verify.ts';
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

  it('tells whose token it is', async () => {
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

  it('refuses an algorithm that is not among those of the issuer', async () => {
    verifier = verifierOf(issuer.url, { algorithms: ['RS256'] });
    expect(await reasonOf(await issuer.sign())).to.equal('invalid: is signed with an algorithm that is not accepted');
  });

  it('holds tokens to exp and nbf, with the tolerance that was set', async () => {
    expect(await reasonOf(await issuer.sign({ exp: NOW_SECONDS - 29 }))).to.equal('accepted');
    expect(await reasonOf(await issuer.sign({ exp: NOW_SECONDS - 30 }))).to.equal('invalid: has expired');
    expect(await reasonOf(await issuer.sign({ nbf: NOW_SECONDS + 30 }))).to.equal('accepted');
    expect(await reasonOf(await issuer.sign({ nbf: NOW_SECONDS + 31 }))).to.equal(
      'invalid: has no acceptable nbf claim',
    );
    verifier = verifierOf(issuer.url, { clockSkewSeconds: 0 });
    expect(await reasonOf(await issuer.sign({ exp: NOW_SECONDS }))).to.equal('invalid: has expired');
  });

  it('forgets what it verified when the token expires', async () => {
    const token = await issuer.sign({ exp: NOW_SECONDS + 10 });
    expect(await reasonOf(token)).to.equal('accepted');
    nowSeconds = NOW_SECONDS + 39;
    expect(await reasonOf(token)).to.equal('accepted');
    nowSeconds = NOW_SECONDS + 40;
    expect(await reasonOf(token)).to.equal('invalid: has expired');
  });

  it('verifies a token once', async () => {
    const token = await issuer.sign();
    const first = await verifier.verify(token);
    expect(first.kind).to.equal('identity');
    expect(verifier.verify(token)).to.deep.equal(first);
  });

  it('needs exp and sub, and a sub that can name somebody', async () => {
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

  it('holds tokens to the issuer, to the last character', async () => {
    expect(await reasonOf(await issuer.sign({ iss: `${issuer.url}/` }))).to.match(
      /they differ only in the trailing slash/,
    );
    expect(await reasonOf(await issuer.sign({ iss: 'https://other.example' }))).to.equal(
      'invalid: is of the issuer https://other.example, which is not accepted here',
    );
    expect(await reasonOf(await issuer.sign({ iss: undefined }))).to.equal('invalid: has no iss claim');
    for (const iss of [5, null, [issuer.url], {}]) {
      expect(await reasonOf(await issuer.sign({ iss })), JSON.stringify(iss)).to.match(/^invalid: has no iss claim/);
    }
  });

  it('takes no key from an issuer that calls itself another one', async () => {
    issuer.callsItself = `${issuer.url}/`;
    expect(await reasonOf(await issuer.sign())).to.match(/^unavailable/);
  });

  it('refuses tokens without a signature', async () => {
    const [, payload = ''] = (await issuer.sign()).split('.');
    for (const alg of ['none', 'None', 'NONE', '']) {
      for (const signature of ['', 'AAAA']) {
        expect(await reasonOf(`${encode({ alg, kid: 'first' })}.${payload}.${signature}`), alg).to.match(/^invalid/);
      }
    }
  });

  it('takes no public key for a shared secret', async () => {
    const key = await issuer.newKey('rsa', 'RS256');
    issuer.keys.unshift(key);
    const [, payload = ''] = (await issuer.sign()).split('.');
    const input = `${encode({ alg: 'HS256', kid: 'rsa' })}.${payload}`;
    for (const secret of [await exportSPKI(key.pair.publicKey), JSON.stringify(key.publicJwk), key.publicJwk.n ?? '']) {
      const signature = createHmac('sha256', secret).update(input).digest('base64url');
      expect(await reasonOf(`${input}.${signature}`)).to.equal(
        'invalid: is signed with an algorithm that is not accepted',
      );
    }
  });

  it('takes no key from the token itself', async () => {
    const foreign = await issuer.newKey('foreign');
    const asked = issuer.asked.length;
    for (const header of [{ jwk: foreign.publicJwk }, { jku: `${issuer.url}/evil` }, { x5u: `${issuer.url}/evil` }]) {
      expect(await reasonOf(await issuer.sign({}, header, foreign))).to.match(/^invalid/);
      expect(await reasonOf(await issuer.sign({}, { ...header, kid: 'first' }, foreign))).to.equal(
        'invalid: has a wrong signature',
      );
    }
    expect(issuer.asked.slice(asked)).not.to.include('/evil');
  });

  it('refuses critical header parameters', async () => {
    const key = issuer.keys[0];
    const token = await issuer.sign();
    const [, payload = ''] = token.split('.');
    const header = encode({ alg: 'ES256', kid: key?.kid, crit: ['exp'], exp: NOW_SECONDS + 10 });
    expect(await reasonOf(`${header}.${payload}.AAAA`)).to.equal('invalid: has critical header parameters');
  });

  it('refuses a token of which any character was changed', async () => {
    const token = await issuer.sign();
    for (let at = 0; at < token.length; at += 7) {
      const other = token[at] === 'A' ? 'B' : 'A';
      if (token[at] === '.') continue;
      expect(await reasonOf(token.slice(0, at) + other + token.slice(at + 1)), `at ${at}`).not.to.equal('accepted');
    }
  });

  it('refuses what is no token, and very long ones, without an exception', async () => {
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

  it('cannot tell while the issuer was never reached', async () => {
    issuer.mood = 'broken';
    expect(await reasonOf(await issuer.sign())).to.match(/^unavailable: no keys of /);
  });

  it('remembers no more tokens than it has room for, the newest ones', async function () {
    this.timeout(60_000);
    const first = await issuer.sign({ jti: 'first' });
    expect(await reasonOf(first)).to.equal('accepted');
    // What is remembered is answered at once, and not by a promise.
    expect(verifier.verify(first)).not.to.be.an.instanceOf(Promise);
    for (let batch = 0; batch < 100; batch++) {
      await Promise.all(
        Array.from({ length: 100 }, async (_, index) =>
          verifier.verify(await issuer.sign({ jti: `${batch}-${index}` })),
        ),
      );
    }
    expect(verifier.verify(first)).to.be.an.instanceOf(Promise);
  });
});
