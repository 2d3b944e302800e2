import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { messageOf } from '../../core/errors.ts';
import type { Backend } from '../../core/registry/backend.ts';
import type { Endpoint } from '../../core/registry/endpoint.ts';
import type { ServerUrl } from '../../core/registry/url.ts';

const REFRESH_MS = 30_000;
const RETRY_MS = 2_000;

/** Resolves a host name to its addresses; `lookup` of node:dns in production. */
export type Resolve = (host: string) => Promise<string[]>;

const resolveBySystem: Resolve = async (host) => (await lookup(host, { all: true })).map(({ address }) => address);

/**
 * Finds the addresses of `url` backends. Each URL is one endpoint, however many addresses its name has: the first is used
 * for as long as the name still resolves to it, and the last known one while the name does not resolve.
 */
export class UrlEndpoints {
  readonly #onChange: () => void;
  readonly #resolve: Resolve;
  readonly #isRefused: (address: string) => boolean;
  readonly #known = new Map<string, { address?: string; problem?: string; timer?: NodeJS.Timeout }>();

  /**
   * @param isRefused whether an address must not be dialled, whoever names it; it is asked again each time
   */
  constructor(
    onChange: () => void,
    resolve: Resolve = resolveBySystem,
    isRefused: (address: string) => boolean = () => false,
  ) {
    this.#onChange = onChange;
    this.#resolve = resolve;
    this.#isRefused = isRefused;
  }

  /** The endpoints of a backend that are known by now. Asking begins the search for the others. */
  endpointsOf(backend: Backend): Endpoint[] {
    return backend.urls.flatMap((url) => {
      const address = this.#addressOf(url);
      if (address === undefined || this.#isRefused(address)) return [];
      const ip = isIP(address) === 6 ? `[${address}]` : address;
      const { authority } = url;
      return { id: authority, address: `${ip}:${url.port}`, incarnation: '', hostname: hostOf(url), draining: false };
    });
  }

  /** Whether every name of a backend was looked up, with whatever outcome. Asking begins the search for all of them. */
  isKnown(backend: Backend): boolean {
    const unknown = (url: ServerUrl) =>
      this.#addressOf(url) === undefined && this.#known.get(url.host)?.problem === undefined;
    return backend.urls.filter(unknown).length === 0;
  }

  /** Why some endpoints are not known. */
  notesOf(backend: Backend): string[] {
    return backend.urls.flatMap((url) => {
      const address = this.#addressOf(url);
      if (address === undefined || !this.#isRefused(address)) return this.#known.get(url.host)?.problem ?? [];
      return `${url.host} is not dialled: ${address} is an address of the gateway's own machine or of its cloud`;
    });
  }

  /** Forgets the names that no backend uses any more. */
  keepOnly(backends: Iterable<Backend>): void {
    const used = new Set([...backends].flatMap(({ urls }) => urls.map(({ host }) => host)));
    for (const [host, { timer }] of this.#known) {
      if (used.has(host)) continue;
      clearTimeout(timer);
      this.#known.delete(host);
    }
  }

  #addressOf({ host }: ServerUrl): string | undefined {
    if (isIP(host) !== 0) return host;
    if (!this.#known.has(host)) {
      this.#known.set(host, {});
      void this.#refresh(host);
    }
    return this.#known.get(host)?.address;
  }

  async #refresh(host: string): Promise<void> {
    const before = this.#known.get(host);
    if (before === undefined) return;
    let after: typeof before;
    try {
      const addresses = await this.#resolve(host);
      const [first] = addresses;
      if (first === undefined) throw new Error('no address');
      after = { address: before.address !== undefined && addresses.includes(before.address) ? before.address : first };
    } catch (error) {
      after = { ...before, problem: `the name ${host} does not resolve (${messageOf(error)})` };
    }
    if (this.#known.get(host) !== before) return;
    const timer = setTimeout(() => void this.#refresh(host), after.problem === undefined ? REFRESH_MS : RETRY_MS);
    timer.unref();
    this.#known.set(host, { ...after, timer });
    if (after.address !== before.address || before.timer === undefined) this.#onChange();
  }
}

// Servers expect the port in Host only where it is not the scheme's own.
function hostOf({ authority, tls, port }: ServerUrl): string {
  return port === (tls ? 443 : 80) ? authority.slice(0, authority.lastIndexOf(':')) : authority;
}
