import type { Backend } from '../../core/registry/backend.ts';
import type { Endpoint } from '../../core/registry/endpoint.ts';
import type { RegistrySource } from '../../runtime/registry/source.ts';
import type { AdminBackendSource } from './admin-backend.ts';
import type { UrlEndpoints } from './url-endpoints.ts';

/** Finds the endpoints of any backend: by the names in its URLs, at the admin process, or in the registry. */
export class BackendEndpoints {
  readonly #urls: UrlEndpoints;
  readonly #admin: AdminBackendSource;
  readonly #registry: () => RegistrySource | undefined;

  constructor(urls: UrlEndpoints, admin: AdminBackendSource, registry: () => RegistrySource | undefined) {
    this.#urls = urls;
    this.#admin = admin;
    this.#registry = registry;
  }

  /** The endpoints that are known now. */
  of(backend: Backend): readonly Endpoint[] {
    if (backend.urls.length > 0) return this.#urls.endpointsOf(backend);
    return this.#admin.endpointsOf(backend) ?? this.#registry()?.endpointsOf(backend) ?? [];
  }

  /** Whether the endpoints were looked up, successfully or not. */
  isKnown(backend: Backend): boolean {
    return backend.urls.length > 0 ? this.#urls.isKnown(backend) : this.#registry()?.isKnown(backend) === true;
  }

  /** Why there are no more endpoints, for display. */
  notesOf(backend: Backend): readonly string[] {
    return backend.urls.length > 0 ? this.#urls.notesOf(backend) : (this.#registry()?.notesOf(backend) ?? []);
  }

  /** Forgets the names that no backend uses any more. */
  keepOnly(backends: Iterable<Backend>): void {
    this.#urls.keepOnly(backends);
  }
}
