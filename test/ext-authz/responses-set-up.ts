import { issuerSchema } from '../../core/identity/issuer.ts';
import { hashPrincipal } from '../../core/identity/principal.ts';
import { pickInputs } from '../../core/lane/inputs.ts';
import { quotaSchema } from '../../core/quota/quota.ts';
import { sealSession } from '../../core/session/seal.ts';
import type { AdmissionRule } from '../../ext-authz/check/admission.ts';
import { type CheckServices, check } from '../../ext-authz/check/check.ts';
import type { HttpRequest } from '../../ext-authz/check/request.ts';
import { SessionOpener } from '../../ext-authz/check/session-opener.ts';
import { upstreamHeaders } from '../../ext-authz/check/upstream.ts';
import type { Verdict } from '../../ext-authz/check/verdict.ts';
import { encodeVerdict } from '../../ext-authz/encode.ts';
import type { Identity } from '../../ext-authz/identity/identity.ts';
import type { Verification } from '../../ext-authz/identity/verify.ts';
import { admitByQuota } from '../../ext-authz/quota/admission.ts';
import { MemoryStore } from '../../ext-authz/quota/store/memory-store.ts';
import { authorizationService } from '../../protos/load.ts';
import { keysOf } from '../core/session/arbitrary.ts';
import { NOW_SECONDS } from './local-issuer.ts';
import { PUBLIC_URL, policyBackend, policyOf } from './policy.ts';

const ISSUER = 'https://issuer.example';
const KEYS = keysOf(1);
const now = () => NOW_SECONDS * 1000;

/** Headers by name; undefined removes a default. */
export type SentHeaders = Record<string, string | undefined>;

const { claims: issuerClaims } = issuerSchema.parse({ url: ISSUER });
const identityOf = (claims: Record<string, unknown>, audience = PUBLIC_URL): Identity => ({
  ...{ issuer: ISSUER, issuerClaims, claims, subject: 'alice', principal: hashPrincipal(ISSUER, 'alice') },
  ...{ audiences: [audience], scopes: ['mcp'], expiresAtSeconds: NOW_SECONDS + 3600 },
});

/** The verification of each token. Signatures are not checked here. */
const VERIFICATIONS: Readonly<Record<string, Verification>> = {
  'red.red.red': { kind: 'identity', identity: identityOf({ team: 'red', roles: ['auditor'] }) },
  'green.green.green': { kind: 'identity', identity: identityOf({ team: 'green' }) },
  'over.over.over': { kind: 'identity', identity: identityOf({ _claim_names: { team: 'source' } }) },
  'other.other.other': { kind: 'identity', identity: identityOf({ team: 'red' }, 'https://other.example') },
  'many.many.many': { kind: 'identity', identity: identityOf({ team: ['red', 'blue'] }) },
  'old.old.old': { kind: 'invalid', reason: 'has expired' },
  'far.far.far': { kind: 'unavailable', reason: 'the issuer does not answer' },
};

const BACKENDS = [
  policyBackend('a'),
  policyBackend('by-header', { affinityHeader: 'mcp-param-region', path: '/v1/mcp' }),
  policyBackend('hiding', { filters: { tools: { allow: undefined, deny: ['drop'] } } }),
  policyBackend('scoped', { scopes: [{ tools: ['delete_*'], need: ['write'] }] }),
  policyBackend('bearer', { credential: { name: 'authorization', value: 'Bearer ours' } }),
  policyBackend('key', {
    credential: { name: 'x-api-key', value: 'ours' },
    identityHeaders: ['subject', 'issuer', 'tenant', 'roles', 'scopes'],
  }),
  policyBackend('locked', { credential: 'missing' }),
];

/** Services that depend on no clock, randomness or network. */
export function fixedServices(): CheckServices {
  const verify = (token: string) =>
    VERIFICATIONS[token] ?? { kind: 'invalid' as const, reason: 'has a wrong signature' };
  const policy = policyOf(ISSUER, BACKENDS);
  return {
    policy,
    verifier: { verify },
    sessions: new SessionOpener(KEYS),
    upstream: upstreamHeaders,
    admission: [],
    isAbandoned: () => false,
    now,
  };
}

/** A rule for a quota of which nothing is used. */
export function quotaRule(quota: unknown): AdmissionRule {
  const store = new MemoryStore(now);
  const services = { store, now, ended: () => false, shared: () => false };
  return (request) => {
    const tenant = { ...request.membership.tenant, quota: quotaSchema.parse(quota) };
    return admitByQuota({ ...request, membership: { ...request.membership, tenant } }, services);
  };
}

/** The sealed id of a session of `alice` at the second replica of a backend. */
export function sealedAt(backend: string): string {
  const session = {
    ...{ backend, tenant: 'red', principal: hashPrincipal(ISSUER, 'alice'), endpoint: `${backend}-1` },
    ...{ incarnation: 'two', serverSessionId: 'theirs', issuedAtSeconds: NOW_SECONDS - 10, serial: Buffer.alloc(8) },
  };
  return sealSession(session, KEYS, (size) => Buffer.alloc(size, 5));
}

/** A valid `tools/call` of `alice` to the backend `a`, with changes. */
export function requestOf(more: Partial<HttpRequest> = {}, headers: SentHeaders = {}): HttpRequest {
  const sent = { authorization: 'Bearer red.red.red', 'content-type': 'application/json', ...headers };
  const given = Object.entries(sent).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const body = Buffer.from('{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"get"}}');
  return {
    method: 'POST',
    path: '/a/mcp',
    host: '127.0.0.1:8080',
    body,
    ...more,
    ...pickInputs(Object.fromEntries(given)),
  };
}

const { Check } = authorizationService();

/** Decides about a request; returns the verdict, and the response as Envoy decodes it. */
export async function responseTo(
  request: HttpRequest,
  services: CheckServices,
): Promise<{ verdict: Verdict; response: unknown }> {
  const verdict = await check(request, services);
  return { verdict, response: Check.responseDeserialize(Check.responseSerialize(encodeVerdict(verdict))) };
}
