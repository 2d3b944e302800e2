import type { Logger } from '../../runtime/log.ts';
import type { Children } from '../tools/children.ts';

/** One way from a client to the upstream, started and ready to be measured. */
export interface Chain {
  readonly name: string;
  /** Where an MCP client would be pointed at, on loopback. */
  readonly url: string;
  /** Headers that this chain wants of a client besides those of MCP itself, for one session or for opening one. */
  headers(session?: string): Record<string, string>;
  /**
   * Requests that the chain's own quota store has counted so far. A chain that has one lets the harness check that no
   * request went past it.
   */
  counted?(): Promise<number>;
  stop(): Promise<void>;
}

/** What every chain may use while it starts. */
export interface ChainContext {
  readonly envoyPath: string;
  /** Worker threads of every Envoy. */
  readonly envoyConcurrency: number;
  /** The harness's part of the user's cache folder: programs that were built or fetched. */
  readonly cacheDir: string;
  /** A folder of this run alone: sockets, filled-in configurations. */
  readonly runDir: string;
  readonly children: Children;
  readonly log: Logger;
}

/** Starts a chain in front of the upstream on this loopback port. */
export type StartChain = (upstreamPort: number, context: ChainContext) => Promise<Chain>;
