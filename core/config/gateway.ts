import { z } from 'zod';
import { scopeName } from '../access/scopes.ts';
import { adminSchema } from '../admin/config.ts';
import { durationMs } from '../document/duration.ts';
import { equalButForSlash, type Issuer, issuerSchema } from '../identity/issuer.ts';
import { MCP_SCOPE } from '../identity/scope.ts';
import { INSTALLATION } from '../registry/installation.ts';
import { dnsLabel } from '../registry/names.ts';
import { objectName } from '../registry/secret.ts';

const ORIGIN = 'must be an origin such as https://app.example.com, without a path';

const publicUrl = z
  .string()
  .refine((text) => {
    const url = URL.parse(text);
    return url !== null && ['http:', 'https:'].includes(url.protocol) && url.search === '' && url.hash === '';
  }, 'must be an http or https URL without a query or fragment')
  // Normalized, since audiences of tokens are compared with it.
  .transform((text) => {
    const { origin, pathname } = new URL(text);
    return `${origin}${pathname}`.replace(/\/+$/, '');
  });

const origin = z.string().refine((text) => URL.parse(text)?.origin === text, ORIGIN);

const cidr = z.union([z.cidrv4(), z.cidrv6()], 'must be an address range such as 10.0.0.0/8');

const REDIS_URL =
  'must be redis://host:port/db, rediss:// for TLS, redis+unix:///path/of/socket, redis+sentinel://host:port,host:port/master or redis+cluster://host:port,host:port';

const redisSchema = z.strictObject({
  /** One server, the sentinels of a master, or nodes of a cluster; `rediss` for TLS. May contain a user name and a password. */
  url: z
    .string()
    .regex(
      /^(?:rediss?(?:\+(?:sentinel|cluster))?:\/\/[^\s/?#]+(?:\/[A-Za-z0-9._-]*)?|redis\+unix:\/\/(?:[^\s@/?#]*@)?\/[^\s?#]+(?:\?db=\d{1,4})?)$/,
      REDIS_URL,
    ),
  /** File that holds the password; read again for each connection. */
  passwordFile: z.string().min(1).optional(),
  /** PEM file of the authorities that may sign the certificate of a `rediss` server. Default: the system's. */
  caFile: z.string().min(1).optional(),
});

const kubernetesSchema = z.strictObject({
  /** Namespace whose MCPBackends are served. */
  namespace: dnsLabel.default(INSTALLATION.backendsNamespace),
  /** The ConfigMap that has the tenants document under the key `tenants.yaml`. */
  tenants: z
    .strictObject({
      configMap: objectName.default(INSTALLATION.tenantsConfigMap),
      namespace: dnsLabel.default(INSTALLATION.gatewayNamespace),
    })
    .prefault({}),
});

/** Where in its cluster a gateway finds its backends and tenants. */
export type KubernetesConfig = z.output<typeof kubernetesSchema>;

const shape = z
  .strictObject({
    listen: z
      .strictObject({
        /** Address that Envoy listens on. */
        address: z.union([z.ipv4(), z.ipv6()], 'must be an IP address').default('127.0.0.1'),
        /** 0 picks a free one. */
        port: z.number().int().min(0).max(65535).default(8080),
        /** PEM files of the certificate chain and key, read again when they change. Default: plain HTTP. */
        tls: z.strictObject({ certFile: z.string().min(1), keyFile: z.string().min(1) }).optional(),
        /** Proxies in front of the gateway whose X-Forwarded-For is trusted. Default: none. */
        trustedProxies: z.array(cidr).max(100).default([]),
        /** Size of Envoy's heap. Near it Envoy resets the streams that take most of it, and then denies requests. */
        heapMiB: z.number().int().min(64).max(65_536).default(1_024),
      })
      .prefault({}),
    /** URL by which clients reach the gateway. Default: the listener's. */
    publicUrl: publicUrl.optional(),
    /** The issuer of access tokens. `development` is an OpenID provider on loopback that `up` runs. */
    issuer: z.union([z.literal('development'), issuerSchema], 'must be development or an issuer with a url').optional(),
    /** Several issuers, instead of `issuer`. */
    issuers: z.array(issuerSchema).min(1).max(100).optional(),
    /** Scopes that clients should ask for first. If a request needs further scopes, its denial names them. */
    scopes: z.array(scopeName).max(20).default([MCP_SCOPE]),
    /** Folder of backend files with one backend each. */
    backends: z.string().min(1).optional(),
    /** File of the tenants document. */
    tenants: z.string().min(1).optional(),
    /** Backends and tenants from a cluster, instead of `backends` and `tenants`. */
    kubernetes: kubernetesSchema.optional(),
    sessions: z
      .strictObject({
        /** File of the keys that seal sessions. Default: one that `up` creates in its state folder. */
        keyFile: z.string().min(1).optional(),
        /** Maximum lifetime of a session, however busy it is. */
        lifetime: durationMs(60_000, 90 * 86_400_000).default(7 * 86_400_000),
      })
      .prefault({}),
    audit: z
      .strictObject({
        /** Which decisions the audit log has. */
        decisions: z.enum(['all', 'denied', 'none'], 'must be all, denied or none').default('all'),
        /** Default: `audit.log` in the state folder of `up`. */
        file: z.string().min(1).optional(),
        /** While the log cannot be written: requests that would be allowed pass, or are denied. */
        onFailure: z.enum(['continue', 'deny'], 'must be continue or deny').default('continue'),
        /** Size from which a file is replaced; 0 never replaces it. */
        maxFileMiB: z.number().int().min(0).max(1_048_576).default(100),
        /** Number of files that are kept, with the current one. */
        maxFiles: z.number().int().min(2).max(1_000).default(10),
        /** Lines per second for denials of callers without a verified token, for each reason. */
        anonymousDenialsPerSecond: z.number().int().min(0).max(10_000).default(1),
      })
      .prefault({}),
    /** Redis that keeps quotas, shared by all processes and gateways. Default: quotas are in the memory of each process. */
    redis: redisSchema.optional(),
    quotas: z
      .strictObject({
        /** While Redis cannot be reached: each process admits its share, or requests that have a quota are denied. */
        whenRedisFails: z.enum(['share', 'refuse'], 'must be share or refuse').default('share'),
        /** Maximum time to wait for Redis. */
        deadline: durationMs(5, 5_000).default(50),
        /** Number of gateways, which defines the share of each. */
        gateways: z.number().int().min(1).max(10_000).default(1),
      })
      .prefault({}),
    /** The admin tools, under `/gateway/mcp`. Default: off. */
    admin: adminSchema.optional(),
    /** Accepted Host headers besides that of `publicUrl`; `*` accepts all. */
    allowedHosts: z.array(z.string().min(1).toLowerCase()).default([]),
    /** Accepted Origin headers besides that of `publicUrl`. A gateway on loopback also accepts local origins. */
    allowedOrigins: z.array(origin).default([]),
    /** Number of ext-authz processes that `up` starts, among which Envoy balances. Default: half the processor cores, at least 1. */
    workers: z.number().int().min(1).max(64).optional(),
  })
  .refine(({ issuer, issuers }) => issuer !== undefined || issuers !== undefined, {
    ...at('issuer'),
    message: 'is required unless issuers is given',
  })
  .superRefine(({ issuer, issuers = [] }, context) => {
    if (issuer !== undefined && issuers.length > 0) {
      context.addIssue({
        code: 'custom',
        path: ['issuers'],
        message: 'cannot be combined with issuer',
      });
    }
    issuers.forEach(({ url }, index) => {
      const first = issuers.findIndex((other) => equalButForSlash(other.url, url));
      if (first !== index) {
        const message =
          issuers[first]?.url === url ? 'is listed twice' : 'differs from another issuer only in the trailing slash';
        context.addIssue({ code: 'custom', path: ['issuers', index, 'url'], message });
      }
    });
  });

type Shape = z.output<typeof shape>;

/** The settings that do not depend on where backends and tenants come from. */
export type GatewaySettings = Omit<Shape, 'issuer' | 'issuers' | 'backends' | 'tenants' | 'kubernetes'> & {
  /** Whether the gateway uses the development issuer; if so, it has no other issuer. */
  developmentIssuer: boolean;
  issuers: Issuer[];
};

/** The parsed configuration of a gateway on one machine. */
export type GatewayConfig = GatewaySettings & { backends: string; tenants: string };

/** The parsed configuration of a gateway in a cluster. */
export type ClusterGatewayConfig = GatewaySettings & { kubernetes: KubernetesConfig };

/** The configuration of a gateway on one machine, `gateway.yaml`. Relative paths are relative to its folder. */
export const gatewaySchema = shape
  .refine(({ kubernetes }) => kubernetes === undefined, {
    ...at('kubernetes'),
    message: 'requires a gateway in a cluster; on one machine use backends and tenants',
  })
  .refine(({ backends, kubernetes }) => backends !== undefined || kubernetes !== undefined, {
    ...at('backends'),
    message: 'is required',
  })
  .refine(({ tenants, kubernetes }) => tenants !== undefined || kubernetes !== undefined, {
    ...at('tenants'),
    message: 'is required',
  })
  .transform((config): GatewayConfig => folderOf(config) ?? z.NEVER);

/** The configuration of a gateway on one machine or in a cluster: with `backends` and `tenants`, or with `kubernetes`. */
export const anyGatewaySchema = shape
  .refine(({ backends, kubernetes }) => (backends === undefined) !== (kubernetes === undefined), {
    ...at('backends'),
    message: 'is required unless kubernetes is given; the two cannot be combined',
  })
  .refine(({ tenants, kubernetes }) => (tenants === undefined) !== (kubernetes === undefined), {
    ...at('tenants'),
    message: 'is required unless kubernetes is given; the two cannot be combined',
  })
  .transform((config): GatewayConfig | ClusterGatewayConfig => {
    const { kubernetes } = config;
    return kubernetes === undefined ? (folderOf(config) ?? z.NEVER) : { ...settingsOf(config), kubernetes };
  });

// `when` runs the check even if other keys are wrong, so that all problems are reported together.
function at(key: string) {
  return { path: [key], when: ({ value }: { value: unknown }) => typeof value === 'object' && value !== null };
}

function folderOf(config: Shape): GatewayConfig | undefined {
  const { backends, tenants } = config;
  return backends === undefined || tenants === undefined ? undefined : { ...settingsOf(config), backends, tenants };
}

function settingsOf({
  issuer,
  issuers = [],
  backends: _b,
  tenants: _t,
  kubernetes: _k,
  ...config
}: Shape): GatewaySettings {
  return {
    ...config,
    developmentIssuer: issuer === 'development',
    issuers: issuer === undefined || issuer === 'development' ? issuers : [issuer],
  };
}
