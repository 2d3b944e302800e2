import type { Lane } from '../../core/lane/lanes.ts';
import { type Denial, deny } from '../../core/mcp/denial.ts';
import type { McpMessage } from '../../core/mcp/message.ts';
import type { Policy, PolicyBackend } from '../../core/policy/policy.ts';
import { belongsTo, type SessionOwner } from '../../core/session/seal.ts';
import type { RequestHead, Target } from './request.ts';
import type { SessionOpener } from './session-opener.ts';
import type { Route } from './verdict.ts';

/** The same denial for every reason, so that a client learns nothing about the session. */
const UNKNOWN_SESSION = deny('unknown-session');

/** Which responses are filtered: all, none, or all but plain JSON, which holds nothing but the response to this request. */
export type Filtering = 'all' | 'streams' | 'none';

/** The lane for each, after the name of the plain one. */
const SUFFIX = { all: '-filtered', streams: '-guarded', none: '' } as const satisfies Record<Filtering, string>;

/** Everything that routing depends on. */
export interface RouteInput {
  request: RequestHead;
  target: Target;
  message: McpMessage;
  backend: PolicyBackend;
  owner: SessionOwner;
  policy: Policy;
  sessions: SessionOpener;
  nowSeconds: number;
  /** Which responses must be filtered. */
  filtered: Filtering;
}

/** Finds the lane: from the session that the request names, or else from the message. */
export function route(input: RouteInput): Route | Denial {
  const sealed = input.request.headers['mcp-session-id'];
  // Modern requests have no sessions: a session id that comes with one is ignored and removed.
  return sealed === undefined || input.message.era === 'modern' ? withoutSession(input) : inSession(input, sealed);
}

function withoutSession(input: RouteInput): Route | Denial {
  const { request, message, backend, owner } = input;
  if (backend.draining) return deny('unknown-backend');
  const opens = message.initialize && backend.affinity === 'session';
  return {
    ...routeIn(opens ? 'open' : `stateless${SUFFIX[input.filtered]}`, input),
    // Without an affinity, RING_HASH has no hash, and Envoy picks a replica at random: so sessions spread evenly.
    affinity: opens ? undefined : affinityOf(request, backend, owner),
  };
}

function inSession(input: RouteInput, sealed: string): Route | Denial {
  const { backend, owner, policy, request, nowSeconds } = input;
  const opened = input.sessions.open(sealed);
  if (opened === undefined || backend.affinity === 'none' || !belongsTo(opened.session, owner)) return UNKNOWN_SESSION;
  const { session, ref } = opened;
  const expiresAtSeconds = session.issuedAtSeconds + policy.settings.sessionLifetimeSeconds;
  if (nowSeconds >= expiresAtSeconds || policy.endedSessions.has(ref)) return UNKNOWN_SESSION;
  const endpoint = backend.endpoints.find(({ id }) => id === session.endpoint);
  if (endpoint === undefined || endpoint.incarnation !== session.incarnation) return UNKNOWN_SESSION;
  return {
    ...routeIn(request.method === 'DELETE' ? 'close' : `session${SUFFIX[input.filtered]}`, input),
    pin: endpoint.address,
    session: {
      sealed,
      serverSessionId: session.serverSessionId,
      ...ref,
      expiresAtSeconds,
      incarnation: session.incarnation,
    },
  };
}

function routeIn(lane: Lane, { backend, target }: RouteInput): Route {
  return {
    lane,
    backend: backend.name,
    path: backend.path + target.query,
    affinity: undefined,
    pin: undefined,
    session: undefined,
  };
}

function affinityOf(request: RequestHead, backend: PolicyBackend, owner: SessionOwner): string {
  const named = backend.affinityHeader === undefined ? undefined : request.placement(backend.affinityHeader);
  return named ?? owner.principal.toString('base64url');
}
