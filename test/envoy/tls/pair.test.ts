import { generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto';
import { expect } from 'chai';
import { parsePair, samePair, type TlsPair, validityWarning } from '../../../envoy/tls/pair.ts';
import { PAIR_FILES, tlsPair, tlsText } from '../../fixtures/tls/files.ts';

const { cert, key } = tlsPair('server');
const second = tlsPair('second');

function pairOf(certText = cert, keyText = key): TlsPair {
  const parsed = parsePair(certText, keyText, PAIR_FILES);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value;
}

function problemsOf(certText: string, keyText: string): string[] {
  const parsed = parsePair(certText, keyText, PAIR_FILES);
  return parsed.ok ? [] : parsed.problems.map((problem) => `${problem.key}: ${problem.message}`);
}

const pem = (privateKey: KeyObject, type: 'pkcs1' | 'pkcs8' | 'sec1' = 'pkcs8', more = {}) =>
  String(privateKey.export({ type, format: 'pem', ...more }));

describe('envoy/tls/pair', () => {
  it('reads a certificate and its key', () => {
    const pair = pairOf();
    expect(new X509Certificate(pair.chain).fingerprint256).to.equal(new X509Certificate(cert).fingerprint256);
    expect(pair.key).to.equal(key);
    expect(new Date(pair.validToMs).getUTCFullYear()).to.be.greaterThan(2100);
  });

  it('keeps the order of a chain', () => {
    const chain = pairOf(`${cert}${second.cert}`).chain;
    expect(chain).to.equal(pairOf().chain + pairOf(second.cert, second.key).chain);
  });

  it('normalizes different forms of the same pair', () => {
    const forms = [
      [cert.replaceAll('\n', '\r\n'), key.replaceAll('\n', '\r\n')],
      [`\ufeffissued to somebody\n\n${cert}`, `the key:\n${key}`],
      [cert + key, cert + key],
    ] as const;
    for (const [certText, keyText] of forms) {
      expect(samePair(pairOf(certText, keyText), pairOf())).to.equal(true);
      expect(pairOf(certText, keyText)).to.deep.equal(pairOf());
    }
    expect(samePair(pairOf(), pairOf(second.cert, second.key))).to.equal(false);
    expect(samePair(pairOf(), undefined)).to.equal(false);
  });

  const body = cert.split('\n').slice(1, -2).join('\n');
  const cases: [what: string, cert: string, key: string, problem: string | RegExp][] = [
    [
      'the key of another certificate',
      cert,
      second.key,
      'keyFile: key.pem is not the key of the first certificate in cert.pem',
    ],
    ['a chain in the wrong order', second.cert + cert, key, /key\.pem is not the key of the first certificate/],
    ['no certificate', '', key, 'certFile: cert.pem holds no PEM certificate'],
    ['swapped files', key, cert, /cert\.pem holds no PEM certificate/],
    ['a truncated certificate', cert.slice(0, -30), key, 'certFile: cert.pem ends in the middle of a certificate'],
    [
      'a truncated chain',
      cert + second.cert.slice(0, 300),
      key,
      'certFile: cert.pem ends in the middle of a certificate',
    ],
    [
      'a damaged certificate',
      cert.replace(body, 'AAAA'),
      key,
      /^certFile: cert\.pem cannot be parsed at certificate 1: /,
    ],
    ['a damaged second certificate', cert + cert.replace(body, 'AAAA'), key, /cannot be parsed at certificate 2: /],
    ['no key', cert, '', 'keyFile: key.pem holds no PEM private key'],
    ['a truncated key', cert, key.slice(0, 80), /^keyFile: key\.pem holds a private key that cannot be parsed/],
  ];
  for (const [what, certText, keyText, problem] of cases) {
    it(`rejects ${what}`, () => {
      const [first = ''] = problemsOf(certText, keyText);
      if (typeof problem === 'string') expect(first).to.equal(problem);
      else expect(first).to.match(problem);
    });
  }

  it('reports the problems of both files', () => {
    expect(problemsOf('', '').map((problem) => problem.split(':')[0])).to.deep.equal(['certFile', 'keyFile']);
  });

  it('rejects a key with a passphrase', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const secret = { cipher: 'aes-128-cbc', passphrase: 'x' };
    for (const type of ['pkcs8', 'sec1'] as const)
      expect(problemsOf(cert, pem(privateKey, type, secret))).to.deep.equal([
        'keyFile: key.pem is encrypted; it must be a key without a passphrase',
      ]);
  });

  // These keys have no certificate here, so for an accepted kind the problem is that the key does not match.
  const kinds: [what: string, key: string, accepted: boolean][] = [
    ['RSA of 2048 bits', pem(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey, 'pkcs1'), true],
    ['RSA of 1024 bits', pem(generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey), false],
    ['RSA-PSS', pem(generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).privateKey), false],
    ['P-256', pem(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, 'sec1'), true],
    ['P-384', pem(generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey), true],
    ['P-521', pem(generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey), true],
    ['secp256k1', pem(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey), false],
    ['Ed25519', pem(generateKeyPairSync('ed25519').privateKey), true],
    ['Ed448', pem(generateKeyPairSync('ed448').privateKey), false],
  ];
  for (const [what, keyText, accepted] of kinds) {
    it(`${accepted ? 'accepts' : 'rejects'} a key of the kind ${what}, as Envoy does`, () => {
      expect(problemsOf(cert, keyText).join()).to.match(
        accepted ? /is not the key of/ : /is of a kind that Envoy does not accept/,
      );
    });
  }

  it('accepts a certificate that is not valid now, with a warning', () => {
    const pair = pairOf(tlsText('expired.pem'), second.key);
    expect(validityWarning(pair, Date.UTC(2020, 5))).to.equal(undefined);
    expect(validityWarning(pair, Date.UTC(2026, 0))).to.equal('the certificate expired on 2021-01-01T00:00:00.000Z');
    expect(validityWarning(pair, Date.UTC(2019, 0))).to.equal(
      'the certificate is not valid before 2020-01-01T00:00:00.000Z',
    );
  });
});
