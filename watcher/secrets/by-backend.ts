import type { Backend } from '../../core/registry/backend.ts';
import { ADMIN_BACKEND } from '../../core/registry/names.ts';
import type { BackendSecrets } from './port.ts';

/**
 * The secret of the admin tools is in a file even in a cluster: people who may create backends can have any Secret of their namespace
 * sent to their own server, so the secret of the admin tools must not be one of those.
 */
export class SecretsByBackend implements BackendSecrets {
  readonly #admin: BackendSecrets;
  readonly #others: BackendSecrets;

  constructor(admin: BackendSecrets, others: BackendSecrets) {
    this.#admin = admin;
    this.#others = others;
  }

  keepOnly(backends: Iterable<Backend>): void {
    const all = [...backends];
    this.#admin.keepOnly(all.filter(({ name }) => name === ADMIN_BACKEND));
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
    return name === ADMIN_BACKEND ? this.#admin : this.#others;
  }
}
