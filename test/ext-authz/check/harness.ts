import { hashPrincipal } from '../../../core/identity/principal.ts';
import { pickInputs } from '../../../core/lane/inputs.ts';
import type { Denial, RequestId } from '../../../core/mcp/denial.ts';
import type { Policy, PolicyBackend } from '../../../core/policy/policy.ts';
import { sealSession } from '../../../core/session/seal.ts';
import type { Session } from '../../../core/session/session.ts';
import { type CheckServices, check } from '../../../ext-authz/check/check.ts';
import type { HttpRequest } from '../../../ext-authz/check/request.ts';
import { SessionOpener } from '../../../ext-authz/check/session-opener.ts';
import { upstreamHeaders } from '../../../ext-authz/check/upstream.ts';
import type { Allow, Verdict } from '../../../ext-authz/check/verdict.ts';
import { TokenVerifier } from '../../../ext-authz/identity/verify.ts';
import { keysOf } from '../../core/session/arbitrary.ts';
import { capturedLog } from '../captured-log.ts';
import { type LocalIssuer, NOW_SECONDS, startIssuer } from '../local-issuer.ts';
import { PUBLIC_URL, policyBackend, policyOf } from '../policy.ts';

/** The keys that open sessions in these tests. */
export const KEYS = keysOf(1);

/** The default body. */
export const BODY = { jsonrpc: '2.0', id: 7, method: 'tools/list' };
export const INITIALIZE = { jsonrpc: '2.0', id: 7, method: 'initialize', params: { protocolVersion: '2025-11-25' } };

/** Headers by name; undefined removes a default. */
export type Headers = Record<string, string | undefined>;

/** A denial with the id in its body. */
export type DenialWithId = Denial & { id: RequestId };

/** A value as the body of a request. */
export const json = (value: unknown) => Buffer.from(JSON.stringify(value));

/** The check with a real issuer. Tests may replace its services. */
export class CheckHarness {
  readonly issuer: LocalIssuer;
  services: CheckServices;
  /** The token of `alice` in the tenant `red`, for every backend. */
  readonly token: string;

  private constructor(issuer: LocalIssuer, token: string, backends: PolicyBackend[]) {
    this.issuer = issuer;
    this.token = token;
    const policy = policyOf(issuer.url, backends);
    const now = () => NOW_SECONDS * 1000;
    const verifier = new TokenVerifier({ issuers: policy.settings.issuers, log: capturedLog().log, now });
    this.services = {
      policy,
      verifier,
      sessions: new SessionOpener(KEYS),
      upstream: upstreamHeaders,
      admission: [],
      isAbandoned: () => false,
      now,
    };
  }

  /** Starts an issuer, with these backends behind the gateway. */
  static async start(backends: PolicyBackend[] = [policyBackend('a'), policyBackend('b')]): Promise<CheckHarness> {
    const issuer = await startIssuer();
    return new CheckHarness(issuer, await issuer.sign({ aud: PUBLIC_URL, team: 'red' }), backends);
  }

  /** The policy in force. */
  get policy(): Policy {
    if (this.services.policy === undefined) throw new Error('no policy');
    return this.services.policy;
  }

  /** Changes parts of the policy. */
  usePolicy(more: Partial<Policy>): void {
    this.services = { ...this.services, policy: { ...this.policy, ...more } };
  }

  stop(): Promise<void> {
    return this.issuer.close();
  }

  /** A valid request, with changes. */
  request(more: Partial<HttpRequest> = {}, headers: Headers = {}): HttpRequest {
    const all = { authorization: `Bearer ${this.token}`, 'content-type': 'application/json', ...headers };
    const given = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined);
    return {
      method: 'POST',
      path: '/a/mcp',
      host: '127.0.0.1:8080',
      body: json(BODY),
      ...more,
      ...pickInputs(Object.fromEntries(given)),
    };
  }

  /** A request with a token of these claims. */
  async requestAs(
    claims: Record<string, unknown>,
    more: Partial<HttpRequest> = {},
    headers: Headers = {},
  ): Promise<HttpRequest> {
    const authorization = `Bearer ${await this.issuer.sign({ aud: 'extra', ...claims })}`;
    return this.request(more, { authorization, ...headers });
  }

  verdict(asked: HttpRequest): Promise<Verdict> {
    return check(asked, this.services);
  }

  /** The denial of a request. Throws if it is not denied. */
  async denial(asked: HttpRequest): Promise<DenialWithId> {
    const { outcome, findings } = await this.verdict(asked);
    if (outcome.kind !== 'deny') throw new Error(`not denied: ${outcome.kind}`);
    return { ...outcome, id: findings.id };
  }

  /** [reason, status, code, id] of a denial. */
  async gist(asked: HttpRequest): Promise<unknown[]> {
    const { reason, status, error, id } = await this.denial(asked);
    return [reason, status, error.code, id];
  }

  /** The allowing outcome of a request. Throws if it is not allowed. */
  async allowed(asked: HttpRequest): Promise<Allow> {
    const { outcome } = await this.verdict(asked);
    if (outcome.kind === 'allow') return outcome;
    throw new Error(outcome.kind === 'deny' ? `denied: ${outcome.reason} ${outcome.error.message}` : outcome.kind);
  }

  /** A sealed id of a session of `alice` at the second replica of `a`. */
  seal(more: Partial<Session> = {}): string {
    const session = {
      backend: 'a',
      tenant: 'red',
      principal: hashPrincipal(this.issuer.url, 'alice'),
      endpoint: 'a-1',
      incarnation: 'two',
      serverSessionId: 'theirs',
      issuedAtSeconds: NOW_SECONDS - 10,
      serial: Buffer.alloc(8),
      ...more,
    };
    return sealSession(session, KEYS);
  }
}
