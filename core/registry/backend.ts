import { z } from 'zod';
import { filtersFrom, itemFilterKeys } from '../access/filter.ts';
import { scopeRuleSchema } from '../access/scopes.ts';
import { durationMs } from '../config/duration.ts';
import { roleName } from '../tenants/role.ts';
import { backendName, dnsLabel } from './names.ts';
import { IDENTITY_FIELDS, upstreamAuthSchema } from './upstream.ts';
import { serverUrl } from './url.ts';

const environment = z
  .record(
    z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of an environment variable'),
    z.union([z.string(), z.number(), z.boolean()], 'must be a string, a number, true or false').transform(String),
  )
  .refine((env) => !('PORT' in env), 'PORT is set by the gateway: every replica gets a port of its own')
  .default({});

const requestPath = z
  .string()
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

const NOT_IN_A_FOLDER = (key: string) => `${key} needs a Kubernetes cluster; on one machine use command or url`;

/**
 * One MCP server behind the gateway, as somebody writes it. Exactly one of `command` and `url` says where it runs.
 * Durations are texts such as `30s`; the parsed value holds milliseconds.
 */
export const backendSchema = z
  .strictObject({
    /** First segment of the URL: `https://gateway/<name>/mcp`. */
    name: backendName,
    /** Program and arguments of a server that `mcp-gateway up` runs; it must listen on 127.0.0.1:$PORT. */
    command: z.array(z.string()).min(1, 'must name a program').optional(),
    /** One or several URLs of a server that runs elsewhere; all with the same scheme and path. */
    url: z.union([serverUrl, z.array(serverUrl).min(1).max(64)]).optional(),
    image: z.never(NOT_IN_A_FOLDER('image')).optional(),
    service: z.never(NOT_IN_A_FOLDER('service')).optional(),
    /** Environment of a `command`, added to a minimal one. */
    env: environment,
    /** Working directory of a `command`. Default: the folder of the gateway's configuration. */
    cwd: z.string().min(1).optional(),
    /** How many processes of a `command` run. */
    replicas: z.number().int().min(0).max(100).default(1),
    /** Path of the MCP endpoint at a `command`; a `url` brings its own. */
    path: requestPath.default('/mcp'),
    /** `session`: a session stays on its replica. `none`: every request goes to the least busy one. */
    affinity: z.enum(['session', 'none'], 'must be session or none').default('session'),
    /** Request header that places sessionless requests (`Mcp-Param-*`); default: the caller. */
    affinityHeader: z
      .string()
      .regex(/^mcp-param-[a-z0-9-]+$/i, 'must be an Mcp-Param-* header')
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
    /** Certificate that the gateway shows to an https `url`, as PEM files that are read live. */
    clientCertificate: z.strictObject({ certFile: z.string().min(1), keyFile: z.string().min(1) }).optional(),
    /** File of PEM certificates that an https `url` is verified with. Default: the system's. */
    caFile: z.string().min(1).optional(),
    /** How long the sessions of a removed backend or replica go on. */
    drain: durationMs(0, 86_400_000).default(30_000),
  })
  .superRefine((backend, context) => {
    const given = (['command', 'url'] as const).filter((key) => backend[key] !== undefined);
    if (given.length !== 1) {
      const message =
        given.length === 0 ? 'one of command and url is required' : 'only one of command and url may be given';
      context.addIssue({ code: 'custom', path: given.length === 0 ? [] : ['url'], message });
    }
    if (backend.healthCheck.timeout > backend.healthCheck.interval) {
      context.addIssue({
        code: 'custom',
        path: ['healthCheck', 'timeout'],
        message: 'must not be longer than the interval',
      });
    }
    const urls = backend.url === undefined ? [] : [backend.url].flat();
    urls.forEach((url, index) => {
      const first = urls[0];
      if (first && (url.tls !== first.tls || url.path !== first.path)) {
        context.addIssue({
          code: 'custom',
          path: ['url', index],
          message: 'must have the scheme and path of the first URL',
        });
      }
      if (urls.findIndex((other) => other.authority === url.authority) !== index) {
        context.addIssue({ code: 'custom', path: ['url', index], message: 'is listed twice' });
      }
    });
    for (const key of ['caFile', 'clientCertificate'] as const) {
      if (backend[key] !== undefined && urls[0]?.tls !== true) {
        context.addIssue({ code: 'custom', path: [key], message: 'is only for https URLs' });
      }
    }
  })
  .transform(({ url, image: _image, service: _service, tools, prompts, resources, ...backend }) => {
    const urls = url === undefined ? [] : [url].flat();
    return {
      ...backend,
      filters: filtersFrom({ tools, prompts, resources }),
      urls,
      path: urls[0]?.path ?? backend.path,
    };
  });

/** A backend that was parsed and is sound. */
export type Backend = z.output<typeof backendSchema>;

/** How the replicas of a backend are checked. */
export type HealthCheck = Backend['healthCheck'];
