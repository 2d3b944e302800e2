import { z } from 'zod';
import { filtersFrom, itemFilterKeys } from '../access/filter.ts';
import { roleName } from '../access/role.ts';
import { scopeRuleSchema } from '../access/scopes.ts';
import { durationMs } from '../document/duration.ts';
import { type RegistryKind, unsupportedKeys } from './kind.ts';
import { backendName, dnsLabel, MAX_WORKLOAD_NAME } from './names.ts';
import { runsProcesses } from './runs.ts';
import { objectName, secretKey } from './secret.ts';
import { IDENTITY_FIELDS, upstreamAuthSchema } from './upstream.ts';
import { hrefOf, serverUrl } from './url.ts';
import { environment, PLACEMENT_KEYS, placementKeys, secretEnvironment, stdioSchema } from './workload.ts';

const requestPath = z
  .string()
  .max(1_024)
  .regex(/^\/[A-Za-z0-9._~!$&'()*+,;=:@/-]*$/, 'must be an absolute URL path without a query, such as /mcp')
  .refine(
    (path) => !path.split('/').some((part) => part === '.' || part === '..'),
    'must not contain . or .. segments',
  );

const threshold = z.number().int().min(1).max(100);

/** How Envoy checks whether a replica is healthy. */
const healthCheck = z.strictObject({
  type: z.enum(['http', 'tcp', 'none'], 'must be http, tcp or none').default('http'),
  /** Path of a GET that a healthy replica answers with 2xx; only for `http`. */
  path: requestPath.default('/healthz'),
  interval: durationMs(100, 3_600_000).default(5_000),
  timeout: durationMs(50, 600_000).default(2_000),
  /** Consecutive failures after which a replica is unhealthy. */
  unhealthyThreshold: threshold.default(3),
  /** Consecutive successes after which it is healthy again. A new replica needs only its first check. */
  healthyThreshold: threshold.default(1),
});

const clientCertificate = z.union([
  /** PEM files, read again when they change. */
  z.strictObject({ certFile: z.string().min(1), keyFile: z.string().min(1), secret: z.undefined().optional() }),
  /** Name of a Secret of the type kubernetes.io/tls. */
  z.strictObject({ secret: objectName, certFile: z.undefined().optional(), keyFile: z.undefined().optional() }),
]);

/** The keys that locate the server of a backend; exactly one of them must be given. */
const LOCATIONS = {
  folder: ['command', 'url', 'urls'],
  cluster: ['image', 'command', 'service', 'url', 'urls'],
} as const;

const shape = z.strictObject({
  /** First segment of the URL: `https://gateway/<name>/mcp`. */
  name: backendName,
  /** Container image of a server that the operator runs. The server must listen on $PORT on all interfaces. */
  image: z
    .string()
    .regex(/^\S{1,512}$/, 'must be the name of an image, such as ghcr.io/acme/jira-mcp:1.2')
    .optional(),
  /** Program and arguments of a server that `up` runs and that listens on 127.0.0.1:$PORT, or of one that speaks stdio. */
  command: z.array(z.string()).min(1, 'must name a program').optional(),
  /** A Service of the cluster, and its port by number or name. The port is optional if the Service has only one. */
  service: z
    .strictObject({
      name: objectName,
      port: z.union([z.number().int().min(1).max(65_535), z.string().regex(/^[a-z0-9-]{1,15}$/)]).optional(),
    })
    .optional(),
  /** URL of a server that runs elsewhere. */
  url: serverUrl.optional(),
  /** Several URLs, instead of `url`; all with the same scheme and path. */
  urls: z.array(serverUrl).min(1).max(64).optional(),
  /**
   * How the gateway talks to the server: over Streamable HTTP; to a `command` over standard input and output, with one process per
   * session; or to a `url` over HTTP+SSE (MCP 2024-11-05), with one event stream per session.
   */
  transport: z.enum(['http', 'stdio', 'sse'], 'must be http, stdio or sse').default('http'),
  stdio: stdioSchema.optional(),
  sse: stdioSchema.optional(),
  /** Environment of a `command` or an `image`, in addition to a minimal one. */
  env: environment,
  secretEnv: secretEnvironment,
  /** Working directory of a `command`. Default: the folder of the gateway's configuration. */
  cwd: z.string().min(1).optional(),
  ...placementKeys,
  /** Number of processes of a `command`, or of pods of an `image`. */
  replicas: z.number().int().min(0).max(100).default(1),
  /** Path of the MCP endpoint; a `url` has its own. */
  path: requestPath.default('/mcp'),
  /** `session`: a session stays on its replica. `none`: every request goes to the least busy replica. */
  affinity: z.enum(['session', 'none'], 'must be session or none').default('session'),
  /** Request header (`Mcp-Param-*`) whose value selects the replica of a request without a session. Default: the caller selects it. */
  affinityHeader: z
    .string()
    // Without flags, so that other languages can use the pattern too.
    .regex(/^[Mm][Cc][Pp]-[Pp][Aa][Rr][Aa][Mm]-[A-Za-z0-9-]+$/, 'must be an Mcp-Param-* header')
    .transform((name) => name.toLowerCase())
    .optional(),
  healthCheck: healthCheck.prefault({}),
  /** Tenants that may use it. Default: every tenant whose own list names it. */
  tenants: z.array(dnsLabel).optional(),
  /** Callers must have one of these roles in their tenant. Default: no role is required. */
  roles: z.array(roleName).default([]),
  /** Scopes that tokens must have. */
  scopes: z.array(scopeRuleSchema).default([]),
  /** Tools, prompts and resources that callers may see and use; tenants can restrict this further. */
  ...itemFilterKeys,
  /** A credential that the gateway adds to every request. It never passes on the caller's own. */
  upstreamAuth: upstreamAuthSchema.optional(),
  /** What the gateway passes on about the caller. Default: nothing. */
  identityHeaders: z.array(z.enum(IDENTITY_FIELDS)).default([]),
  /** Client certificate of the gateway for an https `url`. */
  clientCertificate: clientCertificate.optional(),
  /** PEM file of the authorities that may sign the certificate of an https `url`. Default: the system's. */
  caFile: z.string().min(1).optional(),
  /** The same, from a Secret. */
  caSecret: secretKey.optional(),
  /** How long the sessions of a removed backend or replica continue. */
  drain: durationMs(0, 86_400_000).default(30_000),
});

type Shape = z.output<typeof shape>;

/** Reports a problem. */
type Reject = (path: (string | number)[], message: string) => void;

function schemaFor(kind: RegistryKind) {
  return shape
    .superRefine((backend, context) => {
      const reject: Reject = (path, message) => context.addIssue({ code: 'custom', path, message });
      for (const { path, message } of unsupportedKeys(backend, kind)) reject(path, message);
      inspectLocation(backend, kind, reject);
      inspectUrls(backend, reject);
      if (backend.healthCheck.timeout > backend.healthCheck.interval) {
        reject(['healthCheck', 'timeout'], 'must not be longer than the interval');
      }
    })
    .transform(({ url, tools, prompts, resources, ...backend }) => {
      const filters = filtersFrom({ tools, prompts, resources });
      const given = url === undefined ? (backend.urls ?? []) : [url];
      // With sse Envoy talks to the bridge, at `path`, and the bridge to the URL.
      const sseUrl = backend.transport === 'sse' && url !== undefined ? hrefOf(url) : undefined;
      const urls = sseUrl === undefined ? given : [];
      return { ...backend, filters, urls, sseUrl, path: urls[0]?.path ?? backend.path };
    });
}

function inspectLocation(backend: Shape, kind: RegistryKind, reject: Reject): void {
  const given = LOCATIONS[kind].filter((key) => backend[key] !== undefined);
  const choice = kind === 'folder' ? 'command, url and urls' : 'image, service, url, urls and command';
  if (given.length === 0 && backend.image === undefined && backend.service === undefined)
    reject([], `one of ${choice} is required`);
  const [, second] = given;
  if (second !== undefined) reject([second], `only one of ${choice} may be given`);
  if (backend.transport === 'stdio' && backend.command === undefined) {
    reject(['transport'], 'stdio requires a command');
  }
  for (const key of ['stdio', 'sse'] as const) {
    if (backend[key] !== undefined && backend.transport !== key) reject([key], `requires transport: ${key}`);
  }
  if (backend.transport === 'sse' && backend.url === undefined) reject(['transport'], 'sse requires a url');
  if (backend.transport !== 'http' && backend.affinity === 'none') {
    reject(
      ['affinity'],
      `must be session with transport: ${backend.transport}, where each session has a server of its own`,
    );
  }
  const runs = kind === 'cluster' && runsProcesses(backend);
  for (const key of PLACEMENT_KEYS) {
    if (backend[key] === undefined || runs) continue;
    reject(
      [key],
      kind === 'folder' ? 'requires a Kubernetes cluster' : 'requires an image, a command or transport: sse',
    );
  }
  for (const key of ['args', 'port'] as const) {
    if (runs && backend.image === undefined && backend[key] !== undefined) reject([key], 'requires an image');
  }
  if (runs && backend.name.length > MAX_WORKLOAD_NAME) {
    reject(['name'], `must have at most ${MAX_WORKLOAD_NAME} characters if the operator runs the server`);
  }
  const both = Object.keys(backend.secretEnv ?? {}).filter((name) => Object.hasOwn(backend.env, name));
  for (const name of both) reject(['secretEnv', name], 'is already in env');
}

function inspectUrls({ url, ...backend }: Shape, reject: Reject): void {
  const urls = url === undefined ? (backend.urls ?? []) : [url];
  urls.forEach((each, index) => {
    const first = urls[0];
    if (first && (each.tls !== first.tls || each.path !== first.path)) {
      reject(['urls', index], 'must have the scheme and path of the first URL');
    }
    if (urls.findIndex((other) => other.authority === each.authority) !== index) {
      reject(['urls', index], 'is listed twice');
    }
  });
  for (const key of ['caFile', 'caSecret', 'clientCertificate'] as const) {
    if (backend[key] !== undefined && urls[0]?.tls !== true) reject([key], 'requires https URLs');
  }
  if (backend.caFile !== undefined && backend.caSecret !== undefined)
    reject(['caSecret'], 'cannot be combined with caFile');
}

/**
 * A backend file: one MCP server behind the gateway. Exactly one of `command`, `url` and `urls` is given. Durations are strings such as
 * `30s`; the parsed value has milliseconds.
 */
export const backendSchema = schemaFor('folder');

/** A backend of a cluster: the name and the spec of an MCPBackend in one object. */
export const clusterBackendSchema = schemaFor('cluster');

/** A parsed, valid backend. */
export type Backend = z.output<typeof backendSchema>;

/** How the replicas of a backend are checked. */
export type HealthCheck = Backend['healthCheck'];
