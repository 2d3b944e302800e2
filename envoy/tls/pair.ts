import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { messageOf } from '../../core/errors.ts';

/** Where somebody keeps a certificate, as the keys of a document name it. */
export interface PairFiles {
  /** PEM: the certificate, and after it those of the authorities between it and a root. */
  certFile: string;
  /** PEM: the private key of the first certificate, without a passphrase. */
  keyFile: string;
}

/** A certificate chain and its key that belong together and that Envoy takes, in one spelling whatever the files look like. */
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
  /** Names the file. */
  message: string;
}

/** A pair, or all that is wrong with it. */
export type PairResult = { ok: true; value: TlsPair } | { ok: false; problems: PairProblem[] };

const CERTIFICATE =
  /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[\s\S]*?-----END (?:X509 |TRUSTED )?CERTIFICATE-----/g;
const BEGIN = /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----/g;

const CURVES = ['prime256v1', 'secp384r1', 'secp521r1'];
const MIN_RSA_BITS = 2048;

/**
 * Reads the texts of both files. Envoy would refuse what is refused here, but without a word that reaches a person. A
 * certificate that has expired is none of it: see {@link validityWarning}.
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

/** Whether two pairs are the same for whoever shows them. */
export function samePair(a: TlsPair | undefined, b: TlsPair | undefined): boolean {
  return a?.chain === b?.chain && a?.key === b?.key;
}

/** Why clients will not accept a certificate today; undefined when its time is right. */
export function validityWarning({ validFromMs, validToMs }: TlsPair, nowMs: number): string | undefined {
  if (nowMs > validToMs) return `the certificate has expired on ${new Date(validToMs).toISOString()}`;
  if (nowMs < validFromMs) return `the certificate is not valid before ${new Date(validFromMs).toISOString()}`;
  return undefined;
}

function readChain(text: string, refuse: (message: string) => void): X509Certificate[] {
  const blocks = text.match(CERTIFICATE) ?? [];
  if (blocks.length !== (text.match(BEGIN)?.length ?? 0)) refuse('ends within a certificate');
  else if (blocks.length === 0) refuse('holds no certificate in PEM');
  return blocks.flatMap((block, index) => {
    try {
      return [new X509Certificate(block)];
    } catch (error) {
      refuse(`holds a certificate, number ${index + 1}, that cannot be read: ${messageOf(error)}`);
      return [];
    }
  });
}

function readKey(text: string, refuse: (message: string) => void): KeyObject | undefined {
  if (/-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(text)) {
    refuse('is encrypted; a key without a passphrase is needed');
    return undefined;
  }
  if (!/-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/.test(text)) {
    refuse('holds no private key in PEM');
    return undefined;
  }
  try {
    const key = createPrivateKey(text);
    if (isTaken(key)) return key;
    refuse('is not of a kind that Envoy takes: RSA of 2048 bits or more, ECDSA with P-256, P-384 or P-521, or Ed25519');
  } catch (error) {
    refuse(`holds a private key that cannot be read: ${messageOf(error)}`);
  }
  return undefined;
}

function isTaken({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): boolean {
  if (type === 'rsa') return (details?.modulusLength ?? 0) >= MIN_RSA_BITS;
  return type === 'ed25519' || (type === 'ec' && CURVES.includes(details?.namedCurve ?? ''));
}
