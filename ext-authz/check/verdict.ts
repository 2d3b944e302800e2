import type { Lane } from '../../core/lane/lanes.ts';
import type { Denial, RequestId } from '../../core/mcp/denial.ts';
import type { McpMessage } from '../../core/mcp/message.ts';
import type { UpstreamHeader } from '../../core/registry/upstream.ts';
import type { Membership } from '../../core/tenants/match.ts';
import type { Identity } from '../identity/identity.ts';

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
  /** Set on the request to the server: its credential, and what it is told of the caller. */
  upstreamHeaders: readonly UpstreamHeader[];
}

/** An answer of the gateway itself that is no refusal. */
export interface Reply {
  kind: 'reply';
  /** HTTP status. */
  status: number;
}

/** Everything that was found out about a request on the way; complete only for an {@link Allow}. */
export interface Findings {
  id: RequestId;
  identity?: Identity;
  membership?: Membership;
  /** As the path names it, whether it exists or not. */
  backend?: string;
  message?: McpMessage;
  /** The place that it takes among what its tenant has open at once. */
  slot?: string;
  /** Of the session that the request names, once it is known to be the caller's. */
  sessionFingerprint?: string;
}

/** The outcome of a check. */
export interface Verdict {
  outcome: Allow | Denial | Reply;
  findings: Findings;
  /** Headers of the answer, whoever gives it, by lower-case name: what a page of an allowed origin needs. */
  responseHeaders: Readonly<Record<string, string>>;
}
