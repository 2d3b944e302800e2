import { resolve } from 'node:path';
import { messageOf } from '../../core/errors.ts';
import type { Backend } from '../../core/registry/backend.ts';
import { type UpstreamHeader, upstreamHeader } from '../../core/registry/upstream.ts';
import type { TlsPair } from '../../envoy/tls/pair.ts';
import { PairWatch } from '../../envoy/tls/watch.ts';
import { RejectedFile } from '../../runtime/files/kind.ts';
import type { Logger } from '../../runtime/log.ts';
import { FileWatch } from '../../runtime/registry/watch.ts';
import { type BackendSecrets, DENYING, KEEPING, UNFIT_CREDENTIAL } from './port.ts';

/** Settings of {@link SecretFiles}. */
export interface SecretFilesOptions {
  /** Folder that the paths are relative to. */
  folder: string;
  log: Logger;
  /** Called after each change of a secret. */
  onChange: () => void;
}

/** Reads the secrets and certificates of backends from files, whenever they change. */
export class SecretFiles implements BackendSecrets {
  readonly #options: SecretFilesOptions;
  readonly #watches = new Map<string, FileWatch>();
  readonly #texts = new Map<string, string>();
  /** Why files cannot be read, by path. */
  readonly #errors = new Map<string, unknown>();
  readonly #pairs = new Map<string, PairWatch>();
  /** Headers, so that they stay the same objects until their text changes. */
  readonly #headers = new WeakMap<Backend, { text: string | undefined; header: UpstreamHeader | 'missing' }>();

  constructor(options: SecretFilesOptions) {
    this.#options = options;
  }

  keepOnly(backends: Iterable<Backend>): void {
    const all = [...backends];
    this.#keepPairs(all.flatMap((backend) => pairFilesOf(backend) ?? []));
    const files = all.flatMap((backend) => [...filesOf(backend), backend.caFile ?? []].flat());
    const wanted = new Set(files.map((file) => this.#pathOf(file)));
    for (const [path, watch] of this.#watches) {
      if (wanted.has(path)) continue;
      watch.close();
      this.#watches.delete(path);
      this.#texts.delete(path);
      this.#errors.delete(path);
    }
    for (const path of wanted) if (!this.#watches.has(path)) this.#watches.set(path, this.#watch(path));
  }

  isKnown(backend: Backend): boolean {
    return !this.isReading(backend) && filesOf(backend).every((file) => this.textOf(file) !== undefined);
  }

  isReading(backend: Backend): boolean {
    const files = pairFilesOf(backend);
    if (backend.caFile !== undefined && !this.#wasLookedAt(this.#pathOf(backend.caFile))) return true;
    return files !== undefined && this.#pairOf(files)?.isKnown !== true;
  }

  /** The content of a file; undefined if it was never read. */
  textOf(file: string): string | undefined {
    return this.#texts.get(this.#pathOf(file));
  }

  certificateOf(backend: Backend): TlsPair | 'missing' | undefined {
    const files = pairFilesOf(backend);
    if (files === undefined) return undefined;
    return this.#pairOf(files)?.pair ?? 'missing';
  }

  // Envoy itself reads authorities that are in a file, and its main thread would wait for a FIFO forever.
  authoritiesOf({ caFile }: Backend): 'missing' | undefined {
    return caFile !== undefined && this.#errorOf(caFile) instanceof RejectedFile ? 'missing' : undefined;
  }

  credentialOf(backend: Backend): UpstreamHeader | 'missing' | undefined {
    const lacks = this.certificateOf(backend) === 'missing' || this.authoritiesOf(backend) === 'missing';
    return lacks ? 'missing' : this.#headerOf(backend);
  }

  notesOf(backend: Backend): string[] {
    return [
      ...this.#notesOfCertificate(backend),
      ...this.#notesOfAuthorities(backend),
      ...this.#notesOfHeader(backend),
    ];
  }

  #headerOf(backend: Backend): UpstreamHeader | 'missing' | undefined {
    const { upstreamAuth } = backend;
    if (upstreamAuth === undefined) return undefined;
    const text = this.textOf(upstreamAuth.file ?? '');
    const known = this.#headers.get(backend);
    if (known !== undefined && known.text === text) return known.header;
    const header = upstreamHeader(upstreamAuth, text ?? '') ?? 'missing';
    this.#headers.set(backend, { text, header });
    return header;
  }

  #notesOfCertificate(backend: Backend): string[] {
    const files = pairFilesOf(backend);
    if (files === undefined) return [];
    const then = this.certificateOf(backend) === 'missing' ? DENYING : KEEPING;
    const problems = this.#pairOf(files)?.problems ?? [];
    return problems.map(({ key, message }) => `${then}: clientCertificate.${key}: ${message}`);
  }

  #notesOfAuthorities(backend: Backend): string[] {
    if (this.authoritiesOf(backend) === undefined) return [];
    const file = backend.caFile ?? '';
    return [`${DENYING}: caFile: ${this.#pathOf(file)} cannot be read: ${messageOf(this.#errorOf(file))}`];
  }

  #notesOfHeader(backend: Backend): string[] {
    if (this.#headerOf(backend) !== 'missing') return [];
    const file = backend.upstreamAuth?.file ?? '';
    const error = this.#errorOf(file);
    const reason = error instanceof RejectedFile ? `cannot be read: ${error.message}` : 'cannot be read';
    const why = this.textOf(file) === undefined ? reason : UNFIT_CREDENTIAL;
    return [`${DENYING}: upstreamAuth: ${this.#pathOf(file)} ${why}`];
  }

  #errorOf(file: string): unknown {
    return this.#errors.get(this.#pathOf(file));
  }

  #wasLookedAt(path: string): boolean {
    return this.#texts.has(path) || this.#errors.has(path);
  }

  #pathOf(file: string): string {
    return resolve(this.#options.folder, file);
  }

  #pairOf(files: ClientCertificate): PairWatch | undefined {
    return this.#pairs.get(this.#keyOf(files));
  }

  #keepPairs(files: readonly ClientCertificate[]): void {
    const wanted = new Map(files.map((pair) => [this.#keyOf(pair), pair]));
    for (const [key, watch] of this.#pairs) {
      if (wanted.has(key)) continue;
      watch.close();
      this.#pairs.delete(key);
    }
    for (const [key, pair] of wanted) {
      if (!this.#pairs.has(key)) this.#pairs.set(key, new PairWatch({ ...this.#options, files: pair }));
    }
  }

  #keyOf({ certFile, keyFile }: ClientCertificate): string {
    return JSON.stringify([certFile, keyFile].map((file) => this.#pathOf(file)));
  }

  #watch(path: string): FileWatch {
    const { log, onChange } = this.#options;
    return new FileWatch({
      path,
      log,
      onChange: (texts) => {
        const [text = ''] = texts.values();
        this.#texts.set(path, text);
        onChange();
      },
      onUnreadable: (errors) => {
        const error = errors.get(path);
        if (error === undefined) this.#errors.delete(path);
        else this.#errors.set(path, error);
        onChange();
      },
    });
  }
}

type ClientCertificate = Extract<NonNullable<Backend['clientCertificate']>, { certFile: string }>;

function pairFilesOf({ clientCertificate }: Backend): ClientCertificate | undefined {
  return clientCertificate?.certFile === undefined ? undefined : clientCertificate;
}

function filesOf({ upstreamAuth }: Backend): string[] {
  return upstreamAuth?.file === undefined ? [] : [upstreamAuth.file];
}
