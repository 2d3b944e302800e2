import type { Denial, RequestId } from '../../core/mcp/denial.ts';
import type { Identity } from '../identity/identity.ts';

/** How Envoy routes a request; docs/architecture.md draws each lane. */
export type Lane = 'open' | 'session' | 'stateless' | 'close';

/** A session that was opened and belongs to the caller. */
export interface AllowedSession {
  /** The client's own id. */
  sealed: string;
  serverSessionId: string;
  fingerprint: string;
  expiresAtSeconds: number;
  /** Of the endpoint; empty where nobody can know. */
  incarnation: string;
}

/** A yes, with everything that Envoy needs to route the request. */
export interface Allow {
  kind: 'allow';
  lane: Lane;
  backend: string;
  /** Path and query at the server. */
  path: string;
  /** Feeds the ring hash; undefined places the request at random. */
  affinity: string | undefined;
  /** `ip:port` of the one endpoint that may get it. */
  pin: string | undefined;
  /** The session that the request belongs to. */
  session: AllowedSession | undefined;
}

/** Everything that was found out about a request on the way; complete only for an {@link Allow}. */
export interface Findings {
  id: RequestId;
  identity?: Identity;
  tenant?: string;
  backend?: string;
}

/** The outcome of a check. */
export interface Verdict {
  outcome: Allow | Denial;
  findings: Findings;
}
