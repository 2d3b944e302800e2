import { issuerSchema } from '../../core/identity/issuer.ts';
import type { Policy, PolicyBackend } from '../../core/policy/policy.ts';

/** Public URL of the gateway in these tests. */
export const PUBLIC_URL = 'http://127.0.0.1:8080';

/** A backend with two replicas; `more` overrides any part. */
export function policyBackend(name: string, more: Partial<PolicyBackend> = {}): PolicyBackend {
  return {
    name,
    affinity: 'session',
    affinityHeader: undefined,
    tenants: undefined,
    roles: [],
    scopes: [],
    filters: {},
    credential: undefined,
    identityHeaders: [],
    bridged: false,
    path: '/mcp',
    draining: false,
    endpoints: [
      { id: `${name}-0`, address: '127.0.0.1:9000', incarnation: 'one', draining: false },
      { id: `${name}-1`, address: '127.0.0.1:9001', incarnation: 'two', draining: false },
    ],
    ...more,
  };
}

const ALIKE = { roles: [{ name: 'auditor', match: undefined }], rules: [], quota: undefined };

/** A policy of the backends, for the tenants `red` (all backends) and `blue` (only `a`). */
export function policyOf(issuer: string, backends: PolicyBackend[], more: Partial<Policy> = {}): Policy {
  return {
    settings: {
      publicUrl: PUBLIC_URL,
      issuers: [issuerSchema.parse({ url: issuer, audiences: ['extra'] })],
      tenants: [
        { name: 'red', match: [{ issuer, claim: ['team'], values: ['red'] }], backends: ['*'], ...ALIKE },
        { name: 'blue', match: [{ issuer, claim: ['team'], values: ['blue'] }], backends: ['a'], ...ALIKE },
      ],
      allowedHosts: ['127.0.0.1:8080', 'localhost:*'],
      allowedOrigins: [PUBLIC_URL, 'http://localhost:*'],
      scopes: ['mcp'],
      sessionLifetimeSeconds: 3600,
      audit: 'all',
      auditLog: { denyOnFailure: false, maxFileBytes: 0, maxFiles: 2, anonymousPerSecond: 1 },
      quotas: {
        redisUrl: '',
        redisPasswordFile: '',
        redisCaFile: '',
        deadlineMs: 50,
        denyWithoutRedis: false,
        processes: 1,
        gateways: 1,
      },
    },
    backends: new Map(backends.map((backend) => [backend.name, backend])),
    endedSessions: new Map(),
    ...more,
  };
}
