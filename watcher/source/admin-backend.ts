import { isDeepStrictEqual } from 'node:util';
import { type AdminAddress, adminBackend, socketEndpoint } from '../../core/admin/backend.ts';
import { type AdminConfig, adminProblems } from '../../core/admin/config.ts';
import type { Problem } from '../../core/document/problems.ts';
import type { Backend } from '../../core/registry/backend.ts';
import type { Endpoint } from '../../core/registry/endpoint.ts';
import { ADMIN_BACKEND } from '../../core/registry/names.ts';
import type { Tenant } from '../../core/tenants/tenants.ts';

/** Adds the backend of the admin tools, if the configuration has the key `admin` and a process serves them. */
export class AdminBackendSource {
  readonly #address: AdminAddress | undefined;
  /** The backend, so that it stays the same object while the configuration does not change. */
  #known: { config: AdminConfig; backend: Backend } | undefined;

  /** @param address where a process serves them; undefined if none does */
  constructor(address: AdminAddress | undefined) {
    this.#address = address;
  }

  /** The backends of a registry, and that of the admin tools. */
  addTo(backends: ReadonlyMap<string, Backend>, config: AdminConfig | undefined): ReadonlyMap<string, Backend> {
    if (config === undefined || this.#address === undefined) return backends;
    if (this.#known === undefined || !isDeepStrictEqual(this.#known.config, config)) {
      this.#known = { config, backend: adminBackend(config, this.#address) };
    }
    return new Map([...backends, [ADMIN_BACKEND, this.#known.backend]]);
  }

  /** The endpoint of the process; undefined for every other backend, and for a process that has a URL. */
  endpointsOf({ name }: Backend): readonly Endpoint[] | undefined {
    if (name !== ADMIN_BACKEND || this.#address === undefined || !('socket' in this.#address.at)) return undefined;
    return [socketEndpoint(this.#address.at.socket)];
  }

  /**
   * Problems that keep administrators from using the tools.
   *
   * @param source name of gateway.yaml, for display
   */
  problems(config: AdminConfig | undefined, tenants: readonly Tenant[], source: string): Problem[] {
    const missing = { source, path: 'admin', message: 'takes effect after a restart of the gateway' };
    return [
      ...(config !== undefined && this.#address === undefined ? [missing] : []),
      ...adminProblems(config, tenants, source),
    ];
  }
}
