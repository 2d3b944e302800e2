import { z } from 'zod';
import { filtersFrom, itemFilterKeys } from '../access/filter.ts';
import { roleName } from '../access/role.ts';
import { scopeRuleSchema } from '../access/scopes.ts';
import { durationMs } from '../document/duration.ts';
import { type RegistryKind, unsupportedKeys } from './kind.ts';
import { backendName, dnsLabel, MAX_WORKLOAD_NAME } from './names.ts';
import { objectName, secretKey } from './secret.ts';
import { IDENTITY_FIELDS, upstreamAuthSchema } from './upstream.ts';
import { serverUrl } from './url.ts';
import { environment, PLACEMENT_KEYS, placementKeys, secretEnvironment, stdioSchema } from './workload.ts';

const requestPath = z
  .string()
  .max(1_024)
  .regex(/^\/[A-Za-z0-9._~!$&'()*+,;=:@/-]*$/, 'must be an absolute URL path without query, such as /mcp')
  .refine((path) => !path.split('/').some((part) => part === '.' || part === '..'), 'must not hold . or .. segments');

const threshold = z.number().int().min(1).max(100);

/** How Envoy finds out whether a replica is healthy. */
const healthCheck = z.strictObject({
  type: z.enum(['http', 'tcp', 'none'], 'must be http, tcp or none').default('http'),
  /** Path of the GET that must answer 2xx; only for `http`. */
  path: requestPath.default('/healthz'),
  interval: durationMs(100, 3_600_000).default(5_000),
  timeout: durationMs(50, 600_000).default(2_000),
  /** Failures in a row that make a replica unhealthy. */
  unhealthyThreshold: threshold.default(3),
  /** Successes in a row that make it healthy again. The first check of a new replica counts alone. */
  healthyThreshold: threshold.default(1),
});

const clientCertificate = z.union([
  /** PEM files that are read live. */
  z.strictObject({ certFile: z.string().min(1), keyFile: z.string().min(1), secret: z.undefined().optional() }),
  /** Name of a Secret of the type kubernetes.io/tls. */
  z.strictObject({ secret: objectName, certFile: z.undefined().optional(), keyFile: z.undefined().optional() }),
]);

/** What of a backend says where its servers are: exactly one of them is given. */
const WHERE = { folder: ['command', 'url', 'urls'], cluster: ['image', 'command', 'service', 'url', 'urls'] } as const;

const shape = z.strictObject({
  /** First segment of the URL: `https://gateway/<name>/mcp`. */
  name: backendName,
  /** Container image of a server that the operator runs; it must listen on $PORT on all interfaces. */
  image: z
    .string()
    .regex(/^\S{1,512}$/, 'must be the name of an image, such as ghcr.io/acme/jira-mcp:1.2')
    .optional(),
  /** Program and arguments of a server: one that `up` runs and that listens on 127.0.0.1:$PORT, or one that speaks stdio. */
  command: z.array(z.string()).min(1, 'must name a program').optional(),
  /** A Service of the cluster, and its port by number or name; a Service with one port needs no port. */
  service: z
    .strictObject({
      name: objectName,
      port: z.union([z.number().int().min(1).max(65_535), z.string().regex(/^[a-z0-9-]{1,15}$/)]).optional(),
    })
    .optional(),
  /** A server that runs elsewhere. */
  url: serverUrl.optional(),
  /** Several of them, in place of `url`; all with the same scheme and path. */
  urls: z.array(serverUrl).min(1).max(64).optional(),
  /** How a `command` is spoken to: over HTTP, or over its standard input and output, with a process for each session. */
  transport: z.enum(['http', 'stdio'], 'must be http or stdio').default('http'),
  stdio: stdioSchema.optional(),
  /** Environment of a `command` or an `image`, added to a minimal one. */
  env: environment,
  secretEnv: secretEnvironment,
  /** Working directory of a `command`. Default: the folder of the gateway's configuration. */
  cwd: z.string().min(1).optional(),
  ...placementKeys,
  /** How many processes of a `command` or pods of an `image` run. */
  replicas: z.number().int().min(0).max(100).default(1),
  /** Path of the MCP endpoint; a `url` brings its own. */
  path: requestPath.default('/mcp'),
  /** `session`: a session stays on its replica. `none`: every request goes to the least busy one. */
  affinity: z.enum(['session', 'none'], 'must be session or none').default('session'),
  /** Request header that places sessionless requests (`Mcp-Param-*`); default: the caller. */
  affinityHeader: z
    .string()
    // Without flags, so that it can be given to other languages.
    .regex(/^[Mm][Cc][Pp]-[Pp][Aa][Rr][Aa][Mm]-[A-Za-z0-9-]+$/, 'must be an Mcp-Param-* header')
    .transform((name) => name.toLowerCase())
    .optional(),
  healthCheck: healthCheck.prefault({}),
  /** Tenants that may use it. Default: every tenant whose own list names it. */
  tenants: z.array(dnsLabel).optional(),
  /** Its users must hold one of these roles in their tenant. Default: none is needed. */
  roles: z.array(roleName).default([]),
  /** Scopes that tokens must hold. */
  scopes: z.array(scopeRuleSchema).default([]),
  /** Which tools, prompts and resources may be used and seen at all; tenants may narrow it. */
  ...itemFilterKeys,
  /** A credential that the gateway adds to every request; the caller's own never goes to a server. */
  upstreamAuth: upstreamAuthSchema.optional(),
  /** What the server is told of the caller. Default: nothing. */
  identityHeaders: z.array(z.enum(IDENTITY_FIELDS)).default([]),
  /** Certificate that the gateway shows to an https `url`. */
  clientCertificate: clientCertificate.optional(),
  /** File of PEM certificates that an https `url` is verified with. Default: the system's. */
  caFile: z.string().min(1).optional(),
  /** The same in a Secret. */
  caSecret: secretKey.optional(),
  /** How long the sessions of a removed backend or replica go on. */
  drain: durationMs(0, 86_400_000).default(30_000),
});

type Shape = z.output<typeof shape>;

/** Reports one thing that is wrong. */
type Reject = (path: (string | number)[], message: string) => void;

function schemaFor(kind: RegistryKind) {
  return shape
    .superRefine((backend, context) => {
      const reject: Reject = (path, message) => context.addIssue({ code: 'custom', path, message });
      for (const { path, message } of unsupportedKeys(backend, kind)) reject(path, message);
      inspectWhere(backend, kind, reject);
      inspectUrls(backend, reject);
      if (backend.healthCheck.timeout > backend.healthCheck.interval) {
        reject(['healthCheck', 'timeout'], 'must not be longer than the interval');
      }
    })
    .transform(({ url, tools, prompts, resources, ...backend }) => {
      const urls = url === undefined ? (backend.urls ?? []) : [url];
      return {
        ...backend,
        filters: filtersFrom({ tools, prompts, resources }),
        urls,
        path: urls[0]?.path ?? backend.path,
      };
    });
}

function inspectWhere(backend: Shape, kind: RegistryKind, reject: Reject): void {
  const given = WHERE[kind].filter((key) => backend[key] !== undefined);
  const choice = kind === 'folder' ? 'command, url and urls' : 'image, service, url, urls and command';
  if (given.length === 0 && backend.image === undefined && backend.service === undefined)
    reject([], `one of ${choice} is required`);
  const [, second] = given;
  if (second !== undefined) reject([second], `only one of ${choice} may be given`);
  if (backend.transport === 'stdio' && backend.command === undefined) {
    reject(['transport'], 'stdio is only for a command');
  }
  if (backend.stdio !== undefined && backend.transport !== 'stdio') reject(['stdio'], 'is only for transport: stdio');
  if (backend.transport === 'stdio' && backend.affinity === 'none') {
    reject(['affinity'], 'must be session with transport: stdio, where each session has a process of its own');
  }
  const runs = kind === 'cluster' && (backend.image !== undefined || backend.command !== undefined);
  for (const key of PLACEMENT_KEYS) {
    if (backend[key] === undefined || runs) continue;
    reject([key], kind === 'folder' ? 'needs a Kubernetes cluster' : 'is only for an image or a command');
  }
  for (const key of ['args', 'port'] as const) {
    if (runs && backend.image === undefined && backend[key] !== undefined) reject([key], 'is only for an image');
  }
  if (runs && backend.name.length > MAX_WORKLOAD_NAME) {
    reject(['name'], `must have at most ${MAX_WORKLOAD_NAME} characters where the operator runs the server`);
  }
  const both = Object.keys(backend.secretEnv ?? {}).filter((name) => Object.hasOwn(backend.env, name));
  for (const name of both) reject(['secretEnv', name], 'is in env already');
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
    if (backend[key] !== undefined && urls[0]?.tls !== true) reject([key], 'is only for https URLs');
  }
  if (backend.caFile !== undefined && backend.caSecret !== undefined) reject(['caSecret'], 'goes with no caFile');
}

/**
 * One MCP server behind the gateway, as somebody writes it into a file. Exactly one of `command`, `url` and `urls` says where it runs.
 * Durations are texts such as `30s`; the parsed value holds milliseconds.
 */
export const backendSchema = schemaFor('folder');

/** The same in a cluster: the name and the spec of an MCPBackend in one object. */
export const clusterBackendSchema = schemaFor('cluster');

/** A backend that was parsed and is sound. */
export type Backend = z.output<typeof backendSchema>;

/** How the replicas of a backend are checked. */
export type HealthCheck = Backend['healthCheck'];
