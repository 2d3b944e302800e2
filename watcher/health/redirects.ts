import { shorten } from '../../core/document/shorten.ts';
import type { Backend } from '../../core/registry/backend.ts';
import { CLUSTER_PREFIX } from '../../core/registry/cluster-name.ts';
import type { Fleet } from '../../core/registry/fleet.ts';
import type { HTTPAccessLogEntry__Output } from '../../protos/gen/envoy/data/accesslog/v3/HTTPAccessLogEntry.ts';
import type { AccessLogReader } from '../../runtime/grpc/access-logs.ts';

/** Namespace and key of the metadata in which Envoy keeps the Location header of a server's response. */
const NAMESPACE = 'mcp-gateway';
const LOCATION = 'location';

/** A server that has not answered with a redirect for this long may have stopped. */
const FORGET_AFTER_MS = 600_000;

/** The redirects with which servers answered lately, from Envoy's access log `redirects`. */
export class Redirects implements AccessLogReader {
  readonly #seen = new Map<string, { backend: Backend; note: string; atMs: number }>();
  readonly #fleet: () => Fleet;
  readonly #now: () => number;

  /** @param now milliseconds of any clock that only goes forward */
  constructor(fleet: () => Fleet, now: () => number = () => performance.now()) {
    this.#fleet = fleet;
    this.#now = now;
  }

  read({ commonProperties }: HTTPAccessLogEntry__Output): void {
    const { upstreamCluster = '', metadata } = commonProperties ?? {};
    if (!upstreamCluster.startsWith(CLUSTER_PREFIX)) return;
    const name = upstreamCluster.slice(CLUSTER_PREFIX.length);
    const backend = this.#fleet().get(name)?.backend;
    if (backend === undefined) return;
    const location = metadata?.filterMetadata?.[NAMESPACE]?.fields?.[LOCATION]?.stringValue;
    this.#seen.set(name, { backend, note: redirectNote(backend, location), atMs: this.#now() });
  }

  /** What to show about a backend; undefined if none of its servers answered with a redirect since it last changed. */
  noteOf(backend: Backend): string | undefined {
    const seen = this.#seen.get(backend.name);
    if (seen === undefined) return undefined;
    // A changed backend is a new object: the redirect may be gone.
    if (seen.backend === backend && this.#now() - seen.atMs <= FORGET_AFTER_MS) return seen.note;
    this.#seen.delete(backend.name);
    return undefined;
  }
}

/** Stands for the address of a server that has no URL in its document. */
const NO_HOST = 'http://server.invalid';

/** Describes a redirect and its remedy. Credentials, queries and fragments are left out, since they may be secret. */
export function redirectNote(backend: Backend, location: string | undefined): string {
  const what = 'the server answers with a redirect';
  if (location === undefined)
    return `${what} without a Location, or with 101 (Switching Protocols), which clients do not get`;
  const [url] = backend.urls;
  const base = url === undefined ? NO_HOST : `${url.tls ? 'https' : 'http'}://${url.authority}`;
  const target = URL.parse(location, base + backend.path);
  if (target === null || !['http:', 'https:'].includes(target.protocol))
    return `${what} to something other than an http URL, which clients do not get`;
  const shown = shorten(
    url === undefined && target.origin === NO_HOST ? target.pathname : target.origin + target.pathname,
  );
  const key = url === undefined ? 'path' : backend.urls.length > 1 ? 'urls' : 'url';
  return `${what} to ${shown}, which clients do not get; if this is where it serves MCP, set ${key} to it`;
}
