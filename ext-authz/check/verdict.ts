import type { Charge } from '../../core/decision/decision.ts';
import type { Lane } from '../../core/lane/lanes.ts';
import type { Denial, RequestId } from '../../core/mcp/denial.ts';
import type { McpMessage } from '../../core/mcp/message.ts';
import type { UpstreamHeader } from '../../core/registry/upstream.ts';
import type { SessionRef } from '../../core/session/ended-record.ts';
import type { Membership } from '../../core/tenants/match.ts';
import type { Identity } from '../identity/identity.ts';

/** A session that was opened and belongs to the caller. */
export interface AllowedSession extends SessionRef {
  /** The client's own id. */
  sealed: string;
  serverSessionId: string;
  expiresAtSeconds: number;
  /** Of the endpoint; empty if it is not known. */
  incarnation: string;
}

/** Where a request goes. */
export interface Route {
  lane: Lane;
  backend: string;
  /** Path and query at the server. */
  path: string;
  /** Input of the ring hash; if undefined, Envoy chooses a replica at random. */
  affinity: string | undefined;
  /** `ip:port` of the only endpoint that may get the request. */
  pin: string | undefined;
  /** The session that the request belongs to. */
  session: AllowedSession | undefined;
}

/** The request is allowed: everything that Envoy needs to route it. */
export interface Allow extends Route {
  kind: 'allow';
  /** Set on the request to the server: the gateway's credential, and what the backend asks to know of the caller. */
  upstreamHeaders: readonly UpstreamHeader[];
}

/** A response of the gateway itself that is not a denial. */
export interface Reply {
  kind: 'reply';
  /** HTTP status. */
  status: number;
}

/** The caller may send the body, which is checked next. */
export interface Continue {
  kind: 'continue';
}

/** Everything that the steps found about a request; complete only for an {@link Allow}. */
export interface Findings {
  id: RequestId;
  identity?: Identity;
  membership?: Membership;
  /** The backend that serves the message, or that the path names; it need not exist. */
  backend?: string;
  message?: McpMessage;
  /** The slot that the request takes, one of its tenant's. */
  slot?: string | undefined;
  /** What the request costs, once it reached the quotas. */
  charge?: Charge | undefined;
  /** Of the session that the request names, once it is known to belong to the caller. */
  sessionFingerprint?: string;
}

/** The outcome of a check. */
export interface Verdict {
  outcome: Allow | Denial | Reply | Continue;
  findings: Findings;
  /** Headers of the response, whether the gateway or the server gives it, by lower-case name: CORS and rate limits. */
  responseHeaders: Readonly<Record<string, string>>;
}
