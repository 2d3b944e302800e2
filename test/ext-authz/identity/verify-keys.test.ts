import { expect } from 'chai';
import { CompactSign } from 'jose';
import { issuerSchema } from '../../../core/identity/issuer.ts';
import { INVALID, TokenVerifier } from '../../../ext-authz/identity/verify.ts';
import { eventually } from '../../fixtures/replica-server/waiting.ts';
import { capturedLog } from '../captured-log.ts';
import { type LocalIssuer, NOW_SECONDS, startIssuer } from '../local-issuer.ts';

const COOLDOWN_MS = 10_000;
const REFRESH_MS = 600_000;
const UNKNOWN_KEY = `invalid: ${INVALID.unknownKey}`;
const WRONG_SIGNATURE = `invalid: ${INVALID.wrongSignature}`;

describe('ext-authz/identity/verify: keys', () => {
  let issuer: LocalIssuer;
  let other: LocalIssuer;
  let verifier: TokenVerifier;
  let nowMs: number;

  const verifierOf = (issuers: LocalIssuer[], replaced?: TokenVerifier, more: Record<string, unknown> = {}) =>
    new TokenVerifier({
      issuers: issuers.map(({ url }) => issuerSchema.parse({ url, ...more })),
      log: capturedLog().log,
      now: () => NOW_SECONDS * 1000,
      nowMs: () => nowMs,
      ...(replaced === undefined ? {} : { replaced }),
    });

  async function reasonOf(token: string, by = verifier): Promise<string> {
    const verification = await by.verify(token);
    return verification.kind === 'identity' ? 'accepted' : `${verification.kind}: ${verification.reason}`;
  }

  beforeEach(async () => {
    [issuer, other] = await Promise.all([startIssuer(), startIssuer()]);
    nowMs = 0;
    verifier = verifierOf([issuer, other]);
  });

  afterEach(() => Promise.all([issuer.close(), other.close()]));

  it('tries every suitable key for a token without a kid', async () => {
    const [first, second] = [issuer.keys[0], await issuer.newKey('second')];
    issuer.keys.push(second, await issuer.newKey('third', 'RS256'));
    for (const key of [first, ...issuer.keys]) {
      expect(await reasonOf(await issuer.sign({}, { kid: undefined }, key)), key?.kid).to.equal('accepted');
    }
    const foreign = await issuer.newKey('foreign');
    expect(await reasonOf(await issuer.sign({}, { kid: undefined }, foreign))).to.equal(WRONG_SIGNATURE);
    const otherKind = await issuer.newKey('kind', 'EdDSA');
    expect(await reasonOf(await issuer.sign({}, { kid: undefined }, otherKind))).to.equal(UNKNOWN_KEY);
  });

  it('tries every key of one kid', async () => {
    const twin = await issuer.newKey('first');
    issuer.keys.push(twin);
    expect(await reasonOf(await issuer.sign())).to.equal('accepted');
    expect(await reasonOf(await issuer.sign({}, {}, twin))).to.equal('accepted');
    expect(await reasonOf(await issuer.sign({}, {}, await issuer.newKey('first')))).to.equal(WRONG_SIGNATURE);
  });

  it('uses a key that was published without a kid only for tokens without one', async () => {
    const [key] = issuer.keys;
    if (key === undefined) throw new Error('no key');
    delete key.publicJwk.kid;
    expect(await reasonOf(await issuer.sign({}, { kid: undefined }))).to.equal('accepted');
    expect(await reasonOf(await issuer.sign())).to.equal(UNKNOWN_KEY);
  });

  it('uses the good keys if others are damaged, secret or for encryption', async () => {
    const [key] = issuer.keys;
    issuer.moreKeys = [
      { kty: 'EC', crv: 'P-256', kid: 'first', x: 'AAAA', y: 'AAAA' },
      { kty: 'oct', kid: 'first', k: 'c2VjcmV0' },
      { ...key?.publicJwk, use: 'enc' },
      null,
    ];
    expect(await reasonOf(await issuer.sign())).to.equal('accepted');
    expect(await reasonOf(await issuer.sign({}, { kid: undefined }))).to.equal('accepted');
    issuer.keys = [];
    expect(await reasonOf(await issuer.sign({}, {}, key), verifierOf([issuer]))).to.equal(UNKNOWN_KEY);
  });

  it('does not use a key of one issuer for a token of another', async () => {
    const [foreign] = other.keys;
    expect(await reasonOf(await other.sign())).to.equal('accepted');
    expect(await reasonOf(await other.sign({ iss: issuer.url }))).to.equal(WRONG_SIGNATURE);
    expect(await reasonOf(await issuer.sign({}, { kid: undefined }, foreign))).to.equal(WRONG_SIGNATURE);
  });

  it('ignores keys and URLs of keys in the token', async () => {
    const foreign = await issuer.newKey('foreign');
    const { publicJwk } = foreign;
    for (const header of [
      { jwk: publicJwk },
      { jku: `${issuer.url}/evil` },
      { x5u: `${issuer.url}/evil` },
      { x5c: ['AAAA'] },
      { jwk: publicJwk, jku: `${issuer.url}/evil`, x5t: 'AAAA' },
    ]) {
      expect(await reasonOf(await issuer.sign({}, { ...header, kid: undefined }, foreign))).to.equal(WRONG_SIGNATURE);
      expect(await reasonOf(await issuer.sign({}, { ...header, kid: 'first' }, foreign))).to.equal(WRONG_SIGNATURE);
      expect(await reasonOf(await issuer.sign({}, header))).to.equal('accepted');
    }
    expect(issuer.asked.filter((path) => path.includes('evil'))).to.deep.equal([]);
  });

  it('compares a kid only as a string', async () => {
    for (const kid of ['../first', 'first\0', 'FIRST', 'first ', "' OR 1=1 --", '/dev/null', '__proto__', '0', '']) {
      expect(await reasonOf(await issuer.sign({}, { kid })), JSON.stringify(kid)).to.equal(UNKNOWN_KEY);
    }
  });

  it('rejects times that are not exact numbers', async () => {
    const [key] = issuer.keys;
    if (key === undefined) throw new Error('no key');
    for (const exp of ['1e999', '1800000060.5', '1e300', '"1900000000"', '[1900000000]', 'null']) {
      const text = `{"iss":"${issuer.url}","sub":"alice","aud":"aud","exp":${exp}}`;
      const signer = new CompactSign(Buffer.from(text)).setProtectedHeader({ alg: 'ES256', kid: 'first' });
      expect(await reasonOf(await signer.sign(key.pair.privateKey)), exp).to.match(/^invalid: .*exp claim/);
    }
  });

  it('rejects a token that it verified before, once the key is no longer published', async () => {
    const token = await issuer.sign();
    expect(await reasonOf(token)).to.equal('accepted');
    const second = await issuer.newKey('second');
    issuer.keys = [second];
    expect(await reasonOf(token)).to.equal('accepted');
    nowMs += COOLDOWN_MS;
    expect(await reasonOf(await issuer.sign())).to.equal('accepted');
    expect(await reasonOf(token)).to.equal(UNKNOWN_KEY);
  });

  it('asks for keys again even if it only gets a cached token', async () => {
    const token = await issuer.sign();
    expect(await reasonOf(token)).to.equal('accepted');
    issuer.keys = [await issuer.newKey('second')];
    nowMs += REFRESH_MS + 1;
    expect(verifier.verify(token)).not.to.be.an.instanceOf(Promise);
    await eventually(
      () => reasonOf(token),
      (reason) => reason === UNKNOWN_KEY,
    );
  });

  it('finds a new key for tokens without a kid, within the cooldown', async () => {
    expect(await reasonOf(await issuer.sign())).to.equal('accepted');
    issuer.keys = [await issuer.newKey('first')];
    const token = await issuer.sign({}, { kid: undefined });
    expect(await reasonOf(token)).to.equal(WRONG_SIGNATURE);
    nowMs += COOLDOWN_MS;
    expect(await reasonOf(token)).to.equal('accepted');
    const asked = issuer.asked.length;
    const foreign = await issuer.sign({}, { kid: undefined }, await issuer.newKey('foreign'));
    for (let times = 0; times < 5; times++) expect(await reasonOf(foreign)).to.equal(WRONG_SIGNATURE);
    expect(issuer.asked).to.have.length(asked);
  });

  it('passes its known keys to the verifier that replaces it while the issuer is down', async () => {
    await verifier.warmUp();
    issuer.mood = 'broken';
    const asked = issuer.asked.length;
    const later = verifierOf([issuer], verifier, { audiences: ['more'] });
    await later.warmUp();
    expect(await reasonOf(await issuer.sign(), later)).to.equal('accepted');
    expect(issuer.asked).to.have.length(asked);
    expect(await reasonOf(await other.sign(), later)).to.include(other.url);
    const moved = verifierOf([issuer], verifier, { discoveryUrl: `${issuer.url}/elsewhere` });
    expect(await reasonOf(await issuer.sign(), moved)).to.match(/^unavailable/);
  });

  it('does not make one issuer wait for another that hangs', async () => {
    other.mood = 'silent';
    const order: string[] = [];
    const waiting = reasonOf(await other.sign()).then((reason) => order.push(reason));
    await eventually(
      () => other.unanswered,
      (count) => count === 1,
    );
    order.push(await reasonOf(await issuer.sign()));
    await waiting;
    expect(order[0]).to.equal('accepted');
    expect(order[1])
      .to.match(/^unavailable: /)
      .and.include(other.url);
  });

  it('does not accept a token that it verified before once the keys are older than maxAge', async () => {
    const token = await issuer.sign();
    const brief = verifierOf([issuer], undefined, { keys: { maxAge: '15m' } });
    expect(await reasonOf(token, brief)).to.equal('accepted');
    issuer.mood = 'broken';
    nowMs = 15 * 60_000;
    expect(await reasonOf(token, brief)).to.equal('accepted');
    nowMs++;
    expect(await reasonOf(token, brief)).to.match(/^unavailable/);
    issuer.mood = 'well';
    nowMs += COOLDOWN_MS;
    expect(await reasonOf(token, brief)).to.equal('accepted');
  });

  it('applies a changed maxAge to the keys that it takes over', async () => {
    const token = await issuer.sign();
    const long = verifierOf([issuer]);
    expect(await reasonOf(token, long)).to.equal('accepted');
    issuer.mood = 'broken';
    const brief = verifierOf([issuer], long, { keys: { maxAge: '15m' } });
    nowMs = 15 * 60_000;
    expect(await reasonOf(token, brief)).to.equal('accepted');
    nowMs++;
    expect(await reasonOf(token, brief)).to.match(/^unavailable/);
  });
});
