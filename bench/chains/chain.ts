import type { Logger } from '../../runtime/log.ts';
import type { Children } from '../tools/children.ts';

/** One way from a client to the upstream, started and ready to be measured. */
export interface Chain {
  readonly name: string;
  /** The URL for an MCP client, on loopback. */
  readonly url: string;
  /** Headers that this chain needs in addition to those of MCP, for requests in a session or, without one, to open it. */
  headers(session?: string): Record<string, string>;
  /**
   * Requests that the chain's quota store has counted so far. With it the harness checks that no request bypassed the quota.
   * Undefined for a chain without a quota store.
   */
  counted?(): Promise<number>;
  stop(): Promise<void>;
}

/** What a chain can use while it starts. */
export interface ChainContext {
  readonly envoyPath: string;
  /** Worker threads of every Envoy. */
  readonly envoyConcurrency: number;
  /** The harness's part of the user's cache folder, for programs that it builds or downloads. */
  readonly cacheDir: string;
  /** A folder for this run only: sockets, rendered configurations. */
  readonly runDir: string;
  readonly children: Children;
  readonly log: Logger;
}

/** Starts a chain in front of the upstream on this loopback port. */
export type StartChain = (upstreamPort: number, context: ChainContext) => Promise<Chain>;
