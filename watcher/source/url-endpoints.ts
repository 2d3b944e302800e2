import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { messageOf } from '../../core/errors.ts';
import type { Backend } from '../../core/registry/backend.ts';
import type { Endpoint } from '../../core/registry/endpoint.ts';
import type { ServerUrl } from '../../core/registry/url.ts';

const REFRESH_MS = 30_000;
const RETRY_MS = 2_000;

/** Resolves a host name to its addresses. Default: `lookup` of node:dns. */
export type Resolve = (host: string) => Promise<string[]>;

const resolveBySystem: Resolve = async (host) => (await lookup(host, { all: true })).map(({ address }) => address);

/**
 * Resolves the addresses of `url` backends. Each URL is one endpoint, however many addresses its name has. An address is used as long
 * as the name resolves to it, and while the name does not resolve at all.
 */
export class UrlEndpoints {
  readonly #onChange: () => void;
  readonly #resolve: Resolve;
  readonly #isForbidden: (address: string) => boolean;
  readonly #known = new Map<string, { address?: string; problem?: string; timer?: NodeJS.Timeout }>();

  /**
   * @param isForbidden whether Envoy must not connect to an address; called each time, because the answer may change
   */
  constructor(
    onChange: () => void,
    resolve: Resolve = resolveBySystem,
    isForbidden: (address: string) => boolean = () => false,
  ) {
    this.#onChange = onChange;
    this.#resolve = resolve;
    this.#isForbidden = isForbidden;
  }

  /** The endpoints of a backend that are known now. Starts resolving the others. */
  endpointsOf(backend: Backend): Endpoint[] {
    return backend.urls.flatMap((url) => {
      const address = this.#addressOf(url);
      if (address === undefined || this.#isForbidden(address)) return [];
      const ip = isIP(address) === 6 ? `[${address}]` : address;
      const { authority } = url;
      return { id: authority, address: `${ip}:${url.port}`, incarnation: '', hostname: hostOf(url), draining: false };
    });
  }

  /** Whether every name of a backend was resolved, successfully or not. Starts resolving the others. */
  isKnown(backend: Backend): boolean {
    const unknown = (url: ServerUrl) =>
      this.#addressOf(url) === undefined && this.#known.get(url.host)?.problem === undefined;
    return backend.urls.filter(unknown).length === 0;
  }

  /** Why endpoints are missing, for display. */
  notesOf(backend: Backend): string[] {
    return backend.urls.flatMap((url) => {
      const address = this.#addressOf(url);
      if (address === undefined || !this.#isForbidden(address)) return this.#known.get(url.host)?.problem ?? [];
      return `${url.host} is not used: ${address} is an address of the gateway's own machine or of its cloud`;
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

// The Host header has a port only if it is not the default port of the scheme.
function hostOf({ authority, tls, port }: ServerUrl): string {
  return port === (tls ? 443 : 80) ? authority.slice(0, authority.lastIndexOf(':')) : authority;
}
