import { expect } from 'chai';
import { base64url } from 'jose';
import { issuerSchema } from '../../../core/identity/issuer.ts';
import { readClaims } from '../../../ext-authz/identity/token-claims.ts';
import { readHeader } from '../../../ext-authz/identity/token-header.ts';
import { INVALID, TokenVerifier } from '../../../ext-authz/identity/verify.ts';
import { capturedLog } from '../captured-log.ts';
import { type LocalIssuer, NOW_SECONDS, startIssuer } from '../local-issuer.ts';

// The wording of the reasons for which a token is invalid, which clients see. Other tests check single words of it.

const URL = 'https://issuer.example';

describe('ext-authz/identity: reasons from', () => {
  describe('the header', () => {
    for (const [header, reason] of [
      [{}, 'has no alg header parameter'],
      [{ alg: 'ES256', kid: 5 }, 'has a kid that is not a string'],
      [{ alg: 'ES256', crit: ['exp'] }, 'has critical header parameters'],
      [{ alg: 'ES256', typ: 'id+jwt' }, 'is not an access token: its type is id+jwt'],
    ] as const) {
      it(reason, () => {
        expect(readHeader(`${base64url.encode(JSON.stringify(header))}.e30.AAAA`)).to.equal(reason);
      });
    }
  });

  describe('the claims', () => {
    const issuer = issuerSchema.parse({ url: URL });
    for (const [claims, reason] of [
      [{ exp: 1.5 }, 'has no acceptable exp claim'],
      [{ exp: undefined }, 'has no acceptable exp claim'],
      [{ aud: 5 }, 'has no acceptable aud claim'],
      [{ exp: NOW_SECONDS * 1000 }, 'has an exp claim that is years away: it must count seconds since 1970'],
      [{ iat: NOW_SECONDS + 31 }, 'has an iat claim that is in the future'],
      [{ cnf: {} }, 'is bound to a key (cnf): only plain bearer tokens are accepted'],
      [{ sub: 5 }, 'has a sub claim that is missing, not a string, empty or too long'],
    ] as const) {
      it(`${reason}: ${JSON.stringify(claims)}`, () => {
        const token = { iss: URL, sub: 'alice', exp: NOW_SECONDS + 60, ...claims };
        expect(readClaims(token as never, issuer, NOW_SECONDS)).to.equal(reason);
      });
    }
  });

  describe('the verification', () => {
    let issuer: LocalIssuer;
    before(async () => {
      issuer = await startIssuer();
    });
    after(() => issuer.close());

    it('of the issuer and the text', async () => {
      const verifier = new TokenVerifier({
        issuers: [issuerSchema.parse({ url: issuer.url })],
        log: capturedLog().log,
        now: () => NOW_SECONDS * 1000,
      });
      const reasonOf = async (token: string) => {
        const verification = await verifier.verify(token);
        return verification.kind === 'identity' ? 'accepted' : verification.reason;
      };
      expect(await reasonOf('x'.repeat(16_385))).to.equal('is longer than 16384 characters');
      expect(await reasonOf('a.b.c')).to.equal('is not a signed JWT');
      expect(await reasonOf(await issuer.sign({ iss: undefined }))).to.equal('has no iss claim');
      expect(await reasonOf(await issuer.sign({ iss: URL }))).to.equal(
        `is from the issuer ${URL}, which is not accepted here`,
      );
      expect(await reasonOf(await issuer.sign({ iss: `${issuer.url}/` }))).to.equal(
        `is not accepted: the issuer is configured as ${issuer.url} but calls itself ${issuer.url}/: they differ only in the trailing slash, but must be exactly equal`,
      );
      expect(await reasonOf(await issuer.sign({ nbf: NOW_SECONDS + 31 }))).to.equal('has no acceptable nbf claim');
      issuer.mood = 'broken';
      const cold = new TokenVerifier({ issuers: [issuerSchema.parse({ url: issuer.url })], log: capturedLog().log });
      const verification = await cold.verify(await issuer.sign());
      expect(verification).to.deep.equal({ kind: 'unavailable', reason: `no keys of ${issuer.url} are known` });
    });

    it('of the signature', () => {
      expect(INVALID).to.deep.equal({
        expired: 'has expired',
        unknownKey: 'is signed with a key that the issuer does not publish',
        wrongSignature: 'has a wrong signature',
        algorithm: 'is signed with an algorithm that is not accepted',
        notJwt: 'is not a signed JWT',
      });
    });
  });
});
