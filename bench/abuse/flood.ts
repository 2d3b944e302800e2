import type { DevelopmentTokenOptions } from '../../local/issuer/token.ts';

/** The names of the backends of the gateway under attack. */
export type BackendName = 'good' | 'other' | 'lists' | 'stdio';

/** What a flood knows of the gateway under attack. */
export interface Target {
  /** Public URL of the gateway, on loopback. */
  readonly url: string;
  backendUrl(name: BackendName): string;
  /** A valid token of the attacker: the tenant `attackers`, unless the options say otherwise. */
  token(options?: Partial<DevelopmentTokenOptions>): Promise<string>;
  /** Counts an outcome, for the report: a status, or what became of a connection. */
  count(outcome: string | number): void;
}

/** One way in which a client can take the gateway's time or memory. A file of `floods/` exports one as `flood`. */
export interface Flood {
  /** What the client does, for the report. */
  readonly what: string;
  /** Sessions that had ended before the gateway started. Default 0. */
  readonly endedSessions?: number;
  /** The backend that the good caller uses. Default `good`, which no flood uses. */
  readonly goodBackend?: BackendName;
  /** Attacks until the signal is aborted. */
  run(target: Target, signal: AbortSignal): Promise<void>;
}
