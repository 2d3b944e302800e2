import type { Backend } from '../../core/registry/backend.ts';
import type { SecretKey } from '../../core/registry/secret.ts';
import { type UpstreamHeader, upstreamHeader } from '../../core/registry/upstream.ts';
import { type AuthoritiesResult, parseAuthorities } from '../../envoy/tls/authorities.ts';
import { parsePair, type TlsPair } from '../../envoy/tls/pair.ts';
import type { SecretStore } from '../../runtime/registry/source.ts';
import { type BackendSecrets, DENYING, KEEPING, UNFIT_CREDENTIAL } from './port.ts';

/** Keys of a Secret of the type kubernetes.io/tls. */
const CERT_KEY = 'tls.crt';
const KEY_KEY = 'tls.key';

/** The result of parsing some texts, kept so that unchanged texts are parsed once. */
interface Read<T> {
  texts: readonly (string | undefined)[];
  /** The last good value. */
  value: T | undefined;
  problem: string | undefined;
}

type Part = 'upstreamAuth' | 'clientCertificate' | 'caSecret';

/**
 * Secrets of backends, from the Secrets of their cluster that they name. Requests are denied while a credential is missing, or if
 * there never was a valid certificate. A certificate that was valid stays until there is another valid one.
 */
export class ClusterSecrets implements BackendSecrets {
  readonly #store: SecretStore;
  readonly #headers = new Map<string, Read<UpstreamHeader>>();
  readonly #pairs = new Map<string, Read<TlsPair>>();
  readonly #authorities = new Map<string, Read<string>>();

  constructor(store: SecretStore) {
    this.#store = store;
  }

  keepOnly(backends: Iterable<Backend>): void {
    const names = new Set<string>();
    const users = new Set<string>();
    for (const backend of backends) {
      for (const name of namesOf(backend)) {
        names.add(name);
        users.add(backend.name);
      }
    }
    for (const known of [this.#headers, this.#pairs, this.#authorities]) {
      for (const key of known.keys()) if (!users.has(key.slice(0, key.indexOf('/')))) known.delete(key);
    }
    this.#store.keepOnly(names);
  }

  isKnown(backend: Backend): boolean {
    return namesOf(backend).every((name) => this.#store.get(name) !== 'unknown');
  }

  isReading(backend: Backend): boolean {
    return !this.isKnown(backend);
  }

  certificateOf({ name, clientCertificate }: Backend): TlsPair | 'missing' | undefined {
    const secret = clientCertificate?.secret;
    return secret === undefined ? undefined : (this.#readPair(name, secret).value ?? 'missing');
  }

  authoritiesOf({ name, caSecret }: Backend): string | 'missing' | undefined {
    return caSecret === undefined ? undefined : (this.#readAuthorities(name, caSecret).value ?? 'missing');
  }

  credentialOf(backend: Backend): UpstreamHeader | 'missing' | undefined {
    if (this.certificateOf(backend) === 'missing' || this.authoritiesOf(backend) === 'missing') return 'missing';
    if (backend.upstreamAuth?.secret === undefined) return undefined;
    return this.#readHeader(backend).value ?? 'missing';
  }

  notesOf(backend: Backend): string[] {
    const { name, upstreamAuth, clientCertificate, caSecret } = backend;
    const note = (part: Part, { value, problem }: Read<unknown>): string[] => {
      if (problem === undefined) return [];
      return [`${value === undefined ? DENYING : KEEPING}: ${part}: ${problem}`];
    };
    return [
      ...(upstreamAuth?.secret === undefined ? [] : note('upstreamAuth', this.#readHeader(backend))),
      ...(clientCertificate?.secret === undefined
        ? []
        : note('clientCertificate', this.#readPair(name, clientCertificate.secret))),
      ...(caSecret === undefined ? [] : note('caSecret', this.#readAuthorities(name, caSecret))),
    ];
  }

  // Unlike a certificate, a credential that was removed must no longer be used.
  #readHeader({ name, upstreamAuth }: Backend): Read<UpstreamHeader> {
    const secret = upstreamAuth?.secret;
    if (upstreamAuth === undefined || secret === undefined) return { texts: [], value: undefined, problem: undefined };
    const { text, problem } = this.#textOf(secret.name, secret.key);
    return remember(this.#headers, `${name}/`, [JSON.stringify(upstreamAuth), text, problem], () => {
      const value = text === undefined ? undefined : upstreamHeader(upstreamAuth, text);
      const unfit = `${secret.key} of the Secret ${secret.name} ${UNFIT_CREDENTIAL}`;
      return { value, problem: problem ?? (value === undefined ? unfit : undefined) };
    });
  }

  #readPair(name: string, secret: string): Read<TlsPair> {
    const [cert, key] = [this.#textOf(secret, CERT_KEY), this.#textOf(secret, KEY_KEY)];
    const problem = cert.problem ?? key.problem;
    return remember(this.#pairs, `${name}/${secret}`, [cert.text, key.text, problem], (before) => {
      if (cert.text === undefined || key.text === undefined) return { value: before, problem };
      const inSecret = (what: string) => `${what} of the Secret ${secret}`;
      const files = { certFile: inSecret(CERT_KEY), keyFile: inSecret(KEY_KEY) };
      const read = parsePair(cert.text, key.text, files);
      if (read.ok) return { value: read.value, problem: undefined };
      return { value: before, problem: read.problems.map(({ message }) => message).join('; ') };
    });
  }

  #readAuthorities(name: string, secret: SecretKey): Read<string> {
    const { text, problem } = this.#textOf(secret.name, secret.key);
    return remember(this.#authorities, `${name}/${secret.name}/${secret.key}`, [text, problem], (before) => {
      if (text === undefined) return { value: before, problem };
      const read: AuthoritiesResult = parseAuthorities(text);
      if (read.ok) return { value: read.value, problem: undefined };
      return { value: before, problem: `${secret.key} of the Secret ${secret.name} ${read.problem}` };
    });
  }

  #textOf(name: string, key: string): { text: string | undefined; problem: string | undefined } {
    const state = this.#store.get(name);
    if (state === 'unknown') return { text: undefined, problem: `the Secret ${name} has not been read yet` };
    if ('problem' in state) return { text: undefined, problem: state.problem };
    const text = state.data.get(key);
    return { text, problem: text === undefined ? `the Secret ${name} has no key ${key}` : undefined };
  }
}

// The key names the backend and the secret, so that the last good value is never that of another secret.
function remember<T>(
  known: Map<string, Read<T>>,
  key: string,
  texts: readonly (string | undefined)[],
  read: (before: T | undefined) => { value: T | undefined; problem: string | undefined },
): Read<T> {
  const before = known.get(key);
  if (before?.texts.every((text, index) => text === texts[index])) return before;
  const after = { texts, ...read(before?.value) };
  known.set(key, after);
  return after;
}

function namesOf({ upstreamAuth, clientCertificate, caSecret }: Backend): string[] {
  return [upstreamAuth?.secret?.name, clientCertificate?.secret, caSecret?.name].filter((name) => name !== undefined);
}
