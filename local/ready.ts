import { existsSync } from 'node:fs';
import { type OutgoingHttpHeaders, request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../core/errors.ts';
import type { GetStatusResponse__Output } from '../protos/gen/mcp_gateway/v1/GetStatusResponse.ts';
import { askStatus } from '../runtime/policy/status.ts';

const POLL_MS = 100;
const UNHEALTHY_MS = 10_000;
const PROBE_TIMEOUT_MS = 5_000;
/** A probe that is still denied after this time always will be: its caller has no tenant, or lacks a role of a backend. */
const DENIED_MS = 1_500;

/** What {@link awaitReady} waits for. */
export interface ReadyOptions {
  /** Unix sockets of the services. All must exist: Envoy retries only small requests with another process. */
  sockets: readonly string[];
  watcherSocket: string;
  /** URL of the listener on this machine. */
  listenUrl: string;
  /** URL for clients. The probe sends its host in the Host header, as a client does. */
  publicUrl: string;
  /** Backends that must serve. */
  backends: readonly string[];
  /** Other backends that must serve. They are not probed, because the token may not allow them. */
  internal: readonly string[];
  /** Issues an access token for `backends`; undefined without a development issuer. */
  token: (() => Promise<string>) | undefined;
  timeoutMs: number;
  signal: AbortSignal;
}

/**
 * Waits until the first request from a client would succeed: every backend serves, and a real request through the whole
 * chain reaches the server behind it. Returns the backends that do not serve when the time is up, each with its reason.
 *
 * @throws UserError `backend-failed` if the gateway itself does not become ready
 */
export async function awaitReady(options: ReadyOptions): Promise<string[]> {
  const deadline = performance.now() + options.timeoutMs;
  const needed = [...options.backends, ...options.internal];
  let status: GetStatusResponse__Output | undefined;
  let passed = false;
  let unhealthySinceMs = Number.POSITIVE_INFINITY;
  let deniedSinceMs = Number.POSITIVE_INFINITY;
  while (performance.now() < deadline && !options.signal.aborted) {
    status = await askStatus(options.watcherSocket).catch(() => undefined);
    const waiting = unready(status, needed);
    if (status?.envoyConnected === true && waiting.length === 0 && options.sockets.every((path) => existsSync(path))) {
      const outcome = await probe(options);
      if (outcome === 'denied') deniedSinceMs = Math.min(deniedSinceMs, performance.now());
      passed = outcome === 'answered' || performance.now() - deniedSinceMs > DENIED_MS;
      if (passed) return [];
    }
    // An unhealthy backend delays the others for at most 10 s.
    const unhealthy = status?.backends?.filter(({ state }) => state === 'unhealthy') ?? [];
    if (waiting.length === 0 || unhealthy.length < waiting.length) unhealthySinceMs = Number.POSITIVE_INFINITY;
    else unhealthySinceMs = Math.min(unhealthySinceMs, performance.now());
    if (performance.now() - unhealthySinceMs > UNHEALTHY_MS) break;
    await sleep(POLL_MS);
  }
  if (options.signal.aborted) return [];
  const waiting = unready(status, needed);
  if (status?.envoyConnected !== true || (waiting.length === 0 && !passed)) {
    throw new UserError('backend-failed', 'the gateway did not become ready in time', {
      hint: 'The log above shows which part failed.',
    });
  }
  return waiting.map((name) => {
    const backend = status?.backends?.find((candidate) => candidate.name === name);
    return `${name} is ${backend?.state ?? 'unknown to Envoy'}${backend?.reasons?.length ? `: ${backend.reasons.join('; ')}` : ''}`;
  });
}

function unready(status: GetStatusResponse__Output | undefined, backends: readonly string[]): string[] {
  const serving = new Set(status?.backends?.filter(({ state }) => state === 'serving').map(({ name }) => name));
  return backends.filter((name) => !serving.has(name));
}

// A GET without a session reaches the server and changes nothing. The server rejects it; any response that is not the gateway's
// own shows that the chain works.
async function probe({
  listenUrl,
  publicUrl,
  backends,
  token,
}: ReadyOptions): Promise<'answered' | 'denied' | 'failed'> {
  try {
    // Without a token or a backend, the gateway's 401 is the best available sign.
    const expects401 = token === undefined || backends.length === 0;
    const authorization = expects401 ? {} : { authorization: `Bearer ${await token()}` };
    const targets = expects401 ? ['readiness'] : backends;
    const headers = { ...authorization, host: new URL(publicUrl).host, accept: 'text/event-stream' };
    const statuses = await Promise.all(targets.map((name) => statusOf(`${listenUrl}/${name}/mcp`, headers)));
    if (expects401) return statuses.every((code) => code === 401) ? 'answered' : 'failed';
    if (statuses.includes(503)) return 'failed';
    return statuses.some((code) => [401, 403, 404].includes(code)) ? 'denied' : 'answered';
  } catch {
    return 'failed';
  }
}

// fetch() would replace the Host header.
function statusOf(url: string, headers: OutgoingHttpHeaders): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = url.startsWith('https:') ? requestTls : requestPlain;
    // The certificate is for the name that clients use and may be signed by an authority that only they trust. The check is not needed
    // here: this is the gateway's own listener on this machine, and the token is from its own development issuer.
    const options = { headers, agent: false, timeout: PROBE_TIMEOUT_MS, rejectUnauthorized: false };
    const call = request(url, options, (response) => {
      response.destroy();
      resolve(response.statusCode ?? 0);
    });
    call.on('timeout', () => call.destroy(new Error('no response')));
    call.on('error', reject);
    call.end();
  });
}
