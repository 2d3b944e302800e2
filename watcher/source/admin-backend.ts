import { isDeepStrictEqual } from 'node:util';
import { type AdminAddress, adminBackend, socketEndpoint } from '../../core/admin/backend.ts';
import { type AdminConfig, adminProblems } from '../../core/admin/config.ts';
import type { Problem } from '../../core/document/problems.ts';
import type { Backend } from '../../core/registry/backend.ts';
import type { Endpoint } from '../../core/registry/endpoint.ts';
import { ADMIN_BACKEND } from '../../core/registry/names.ts';
import type { Tenant } from '../../core/tenants/tenants.ts';

/** The gateway's own tools among the backends, where the configuration has the key `admin` and a process serves them. */
export class AdminBackendSource {
  readonly #place: AdminAddress | undefined;
  /** The same value while the configuration says the same. */
  #made: { config: AdminConfig; backend: Backend } | undefined;

  /** @param place undefined where no process serves them */
  constructor(place: AdminAddress | undefined) {
    this.#place = place;
  }

  /** The backends of a registry, and this one. */
  addTo(backends: ReadonlyMap<string, Backend>, config: AdminConfig | undefined): ReadonlyMap<string, Backend> {
    if (config === undefined || this.#place === undefined) return backends;
    if (this.#made === undefined || !isDeepStrictEqual(this.#made.config, config)) {
      this.#made = { config, backend: adminBackend(config, this.#place) };
    }
    return new Map([...backends, [ADMIN_BACKEND, this.#made.backend]]);
  }

  /** Where the process is; undefined for every other backend, and where it is found by its URL. */
  endpointsOf({ name }: Backend): readonly Endpoint[] | undefined {
    if (name !== ADMIN_BACKEND || this.#place === undefined || !('socket' in this.#place.at)) return undefined;
    return [socketEndpoint(this.#place.at.socket)];
  }

  /**
   * What keeps people from using them who are meant to.
   *
   * @param source gateway.yaml, as its reader knows it
   */
  problems(config: AdminConfig | undefined, tenants: readonly Tenant[], source: string): Problem[] {
    const missing = { source, path: 'admin', message: 'takes effect once the gateway was started again' };
    return [
      ...(config !== undefined && this.#place === undefined ? [missing] : []),
      ...adminProblems(config, tenants, source),
    ];
  }
}
