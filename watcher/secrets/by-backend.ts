import type { Backend } from '../../core/registry/backend.ts';
import { ADMIN_BACKEND } from '../../core/registry/names.ts';
import type { BackendSecrets } from './port.ts';

/**
 * The secret of the gateway's own tools is in a file of its own, also in a cluster: whoever may make backends can have any Secret of
 * their namespace sent to a server of theirs.
 */
export class SecretsByBackend implements BackendSecrets {
  readonly #own: BackendSecrets;
  readonly #others: BackendSecrets;

  constructor(own: BackendSecrets, others: BackendSecrets) {
    this.#own = own;
    this.#others = others;
  }

  keepOnly(backends: Iterable<Backend>): void {
    const all = [...backends];
    this.#own.keepOnly(all.filter(({ name }) => name === ADMIN_BACKEND));
    this.#others.keepOnly(all.filter(({ name }) => name !== ADMIN_BACKEND));
  }

  isKnown(backend: Backend): boolean {
    return this.#of(backend).isKnown(backend);
  }

  isReading(backend: Backend): boolean {
    return this.#of(backend).isReading(backend);
  }

  certificateOf(backend: Backend): ReturnType<BackendSecrets['certificateOf']> {
    return this.#of(backend).certificateOf(backend);
  }

  authoritiesOf(backend: Backend): ReturnType<BackendSecrets['authoritiesOf']> {
    return this.#of(backend).authoritiesOf(backend);
  }

  credentialOf(backend: Backend): ReturnType<BackendSecrets['credentialOf']> {
    return this.#of(backend).credentialOf(backend);
  }

  notesOf(backend: Backend): string[] {
    return this.#of(backend).notesOf(backend);
  }

  #of({ name }: Backend): BackendSecrets {
    return name === ADMIN_BACKEND ? this.#own : this.#others;
  }
}
