import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { messageOf } from '../../core/errors.ts';

/** Paths of a certificate and its key. The names are those of the keys in a document. */
export interface PairFiles {
  /** PEM: the certificate, followed by the intermediate certificates. */
  certFile: string;
  /** PEM: the private key of the first certificate, without a passphrase. */
  keyFile: string;
}

/** A certificate chain and its key that match and that Envoy accepts, in one normalized form. */
export interface TlsPair {
  /** PEM, leaf first. */
  chain: string;
  /** PEM, PKCS #8. */
  key: string;
  /** Milliseconds since the epoch. */
  validFromMs: number;
  validToMs: number;
}

/** What is wrong with one of the two files. */
export interface PairProblem {
  key: keyof PairFiles;
  /** Begins with the name of the file. */
  message: string;
}

/** A pair, or everything that is wrong with it. */
export type PairResult = { ok: true; value: TlsPair } | { ok: false; problems: PairProblem[] };

const CERTIFICATE =
  /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[\s\S]*?-----END (?:X509 |TRUSTED )?CERTIFICATE-----/g;
const BEGIN = /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----/g;

const CURVES = ['prime256v1', 'secp384r1', 'secp521r1'];
const MIN_RSA_BITS = 2048;

/**
 * Parses the texts of both files. Rejects what Envoy would reject, whose own errors reach only its log. An expired certificate is
 * accepted: see {@link validityWarning}.
 */
export function parsePair(certText: string, keyText: string, { certFile, keyFile }: PairFiles): PairResult {
  const problems: PairProblem[] = [];
  const chain = readChain(certText, (message) => problems.push({ key: 'certFile', message: `${certFile} ${message}` }));
  const key = readKey(keyText, (message) => problems.push({ key: 'keyFile', message: `${keyFile} ${message}` }));
  const [leaf] = chain;
  if (leaf !== undefined && key !== undefined && problems.length === 0 && !leaf.checkPrivateKey(key)) {
    const message = `${keyFile} is not the key of the first certificate in ${certFile}`;
    problems.push({ key: 'keyFile', message });
  }
  if (leaf === undefined || key === undefined || problems.length > 0) return { ok: false, problems };
  return {
    ok: true,
    value: {
      chain: chain.map(String).join(''),
      key: String(key.export({ type: 'pkcs8', format: 'pem' })),
      validFromMs: leaf.validFromDate.getTime(),
      validToMs: leaf.validToDate.getTime(),
    },
  };
}

/** Whether two pairs have the same chain and the same key. */
export function samePair(a: TlsPair | undefined, b: TlsPair | undefined): boolean {
  return a?.chain === b?.chain && a?.key === b?.key;
}

/** Why a certificate is not valid now; undefined if it is. */
export function validityWarning({ validFromMs, validToMs }: TlsPair, nowMs: number): string | undefined {
  if (nowMs > validToMs) return `the certificate expired on ${new Date(validToMs).toISOString()}`;
  if (nowMs < validFromMs) return `the certificate is not valid before ${new Date(validFromMs).toISOString()}`;
  return undefined;
}

function readChain(text: string, reject: (message: string) => void): X509Certificate[] {
  const blocks = text.match(CERTIFICATE) ?? [];
  if (blocks.length !== (text.match(BEGIN)?.length ?? 0)) reject('ends in the middle of a certificate');
  else if (blocks.length === 0) reject('holds no PEM certificate');
  return blocks.flatMap((block, index) => {
    try {
      return [new X509Certificate(block)];
    } catch (error) {
      reject(`cannot be parsed at certificate ${index + 1}: ${messageOf(error)}`);
      return [];
    }
  });
}

function readKey(text: string, reject: (message: string) => void): KeyObject | undefined {
  if (/-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(text)) {
    reject('is encrypted; it must be a key without a passphrase');
    return undefined;
  }
  if (!/-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/.test(text)) {
    reject('holds no PEM private key');
    return undefined;
  }
  try {
    const key = createPrivateKey(text);
    if (isAccepted(key)) return key;
    reject(
      'is of a kind that Envoy does not accept; it must be RSA with at least 2048 bits, ECDSA with P-256, P-384 or P-521, or Ed25519',
    );
  } catch (error) {
    reject(`holds a private key that cannot be parsed: ${messageOf(error)}`);
  }
  return undefined;
}

function isAccepted({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): boolean {
  if (type === 'rsa') return (details?.modulusLength ?? 0) >= MIN_RSA_BITS;
  return type === 'ed25519' || (type === 'ec' && CURVES.includes(details?.namedCurve ?? ''));
}
