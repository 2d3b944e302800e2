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
/** The gateway may refuse the probe for good: its caller has no tenant, or none of the roles that a backend wants. */
const REFUSED_MS = 1_500;

/** What is waited for. */
export interface ReadyOptions {
  /** Unix sockets of the services. All must be there: Envoy asks another process only for small requests. */
  sockets: readonly string[];
  watcherSocket: string;
  /** Where the listener is reached from this machine. */
  listenUrl: string;
  /** Where clients reach it: the Host that is sent is that of a client. */
  publicUrl: string;
  /** Backends that must serve. */
  backends: readonly string[];
  /** Others that must serve, which the token need not be good for. */
  internal: readonly string[];
  /** An access token for them; undefined where the gateway has a foreign issuer. */
  token: (() => Promise<string>) | undefined;
  timeoutMs: number;
  signal: AbortSignal;
}

/**
 * Waits until the first request of a client would succeed: every backend serves, and a real request through the whole
 * chain is answered by the server behind it. Returns the reasons of the backends that do not serve when the time is up.
 * Throws a UserError when the gateway itself does not come up.
 */
export async function awaitReady(options: ReadyOptions): Promise<string[]> {
  const deadline = performance.now() + options.timeoutMs;
  const needed = [...options.backends, ...options.internal];
  let status: GetStatusResponse__Output | undefined;
  let passed = false;
  let unhealthySinceMs = Number.POSITIVE_INFINITY;
  let refusedSinceMs = Number.POSITIVE_INFINITY;
  while (performance.now() < deadline && !options.signal.aborted) {
    status = await askStatus(options.watcherSocket).catch(() => undefined);
    const waiting = unready(status, needed);
    if (status?.envoyConnected === true && waiting.length === 0 && options.sockets.every((path) => existsSync(path))) {
      const outcome = await probe(options);
      if (outcome === 'refused') refusedSinceMs = Math.min(refusedSinceMs, performance.now());
      passed = outcome === 'answered' || performance.now() - refusedSinceMs > REFUSED_MS;
      if (passed) return [];
    }
    // A backend that is plainly unhealthy does not hold up the others for long.
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
      hint: 'The log above says which part failed.',
    });
  }
  return waiting.map((name) => {
    const backend = status?.backends?.find((candidate) => candidate.name === name);
    return `${name} is ${backend?.state ?? 'not known to Envoy'}${backend?.reasons?.length ? `: ${backend.reasons.join('; ')}` : ''}`;
  });
}

function unready(status: GetStatusResponse__Output | undefined, backends: readonly string[]): string[] {
  const serving = new Set(status?.backends?.filter(({ state }) => state === 'serving').map(({ name }) => name));
  return backends.filter((name) => !serving.has(name));
}

// A GET without a session reaches the server, starts nothing, and is refused by it: any answer but the gateway's own will do.
async function probe({
  listenUrl,
  publicUrl,
  backends,
  token,
}: ReadyOptions): Promise<'answered' | 'refused' | 'failed'> {
  try {
    // Without a token, or without a backend, that a token is asked for must do.
    const asks = token === undefined || backends.length === 0;
    const authorization = asks ? {} : { authorization: `Bearer ${await token()}` };
    const targets = asks ? ['readiness'] : backends;
    const headers = { ...authorization, host: new URL(publicUrl).host, accept: 'text/event-stream' };
    const statuses = await Promise.all(targets.map((name) => statusOf(`${listenUrl}/${name}/mcp`, headers)));
    if (asks) return statuses.every((code) => code === 401) ? 'answered' : 'failed';
    if (statuses.includes(503)) return 'failed';
    return statuses.some((code) => [401, 403, 404].includes(code)) ? 'refused' : 'answered';
  } catch {
    return 'failed';
  }
}

// The fetch of Node would send its own Host.
function statusOf(url: string, headers: OutgoingHttpHeaders): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = url.startsWith('https:') ? requestTls : requestPlain;
    // The certificate is for the name that clients use, signed by whomever they trust. Here it is not needed: this is the gateway's
    // own listener on this machine, and the token that is sent is of its own development issuer.
    const options = { headers, agent: false, timeout: PROBE_TIMEOUT_MS, rejectUnauthorized: false };
    const call = request(url, options, (response) => {
      response.destroy();
      resolve(response.statusCode ?? 0);
    });
    call.on('timeout', () => call.destroy(new Error('no answer')));
    call.on('error', reject);
    call.end();
  });
}
