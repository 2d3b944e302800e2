import type { Lane } from '../../core/lane/lanes.ts';
import { type Denial, deny } from '../../core/mcp/denial.ts';
import type { McpMessage } from '../../core/mcp/message.ts';
import type { Policy, PolicyBackend } from '../../core/policy/policy.ts';
import type { UpstreamHeader } from '../../core/registry/upstream.ts';
import { belongsTo, type SessionOwner } from '../../core/session/seal.ts';
import type { RequestHead, Target } from './request.ts';
import type { SessionOpener } from './session-opener.ts';
import type { Allow } from './verdict.ts';

/** One value for every reason, so that nothing can be told from it. */
const UNKNOWN_SESSION = deny('unknown-session');

/** Without it the server would refuse, in words that make a client log in again. */
const NO_CREDENTIAL = deny('unavailable', {
  message: 'The gateway has no credential for this MCP server',
  headers: { 'retry-after': '5' },
});

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
  upstreamHeaders: readonly UpstreamHeader[];
  /** Whether the answer must be filtered. */
  filtered: boolean;
}

/** Finds the lane: by the session that the request names, else by what it is. */
export function route(input: RouteInput): Allow | Denial {
  if (input.backend.credential === 'missing') return NO_CREDENTIAL;
  const sealed = input.request.headers['mcp-session-id'];
  // Modern requests have no sessions; a session id that comes with one is passed over and not sent on.
  return sealed === undefined || input.message.era === 'modern' ? withoutSession(input) : inSession(input, sealed);
}

function withoutSession(input: RouteInput): Allow | Denial {
  const { request, message, backend, owner } = input;
  if (backend.draining) return deny('unknown-backend');
  const opens = message.initialize && backend.affinity === 'session';
  return {
    ...allow(opens ? 'open' : input.filtered ? 'stateless-filtered' : 'stateless', input),
    affinity: opens ? undefined : affinityOf(request, backend, owner),
  };
}

function inSession(input: RouteInput, sealed: string): Allow | Denial {
  const { backend, owner, policy, request, nowSeconds } = input;
  const opened = input.sessions.open(sealed);
  if (opened === undefined || backend.affinity === 'none' || !belongsTo(opened.session, owner)) return UNKNOWN_SESSION;
  const { session, fingerprint } = opened;
  const expiresAtSeconds = session.issuedAtSeconds + policy.settings.sessionLifetimeSeconds;
  if (nowSeconds >= expiresAtSeconds || policy.endedSessions.has(fingerprint)) return UNKNOWN_SESSION;
  const endpoint = backend.endpoints.find(({ id }) => id === session.endpoint);
  if (endpoint === undefined || endpoint.incarnation !== session.incarnation) return UNKNOWN_SESSION;
  return {
    ...allow(request.method === 'DELETE' ? 'close' : input.filtered ? 'session-filtered' : 'session', input),
    pin: endpoint.address,
    session: {
      sealed,
      serverSessionId: session.serverSessionId,
      fingerprint,
      expiresAtSeconds,
      incarnation: session.incarnation,
    },
  };
}

function allow(lane: Lane, { backend, target, upstreamHeaders }: RouteInput): Allow {
  return {
    kind: 'allow',
    lane,
    backend: backend.name,
    path: backend.path + target.query,
    affinity: undefined,
    pin: undefined,
    session: undefined,
    upstreamHeaders,
  };
}

function affinityOf(request: RequestHead, backend: PolicyBackend, owner: SessionOwner): string {
  const named = backend.affinityHeader === undefined ? undefined : request.placement(backend.affinityHeader);
  return named ?? owner.principal.toString('base64url');
}
