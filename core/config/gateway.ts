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
  }, 'must be an http or https URL without query and fragment')
  // Audiences of tokens are compared with it, so it has one spelling.
  .transform((text) => {
    const { origin, pathname } = new URL(text);
    return `${origin}${pathname}`.replace(/\/+$/, '');
  });

const origin = z.string().refine((text) => URL.parse(text)?.origin === text, ORIGIN);

const cidr = z.union([z.cidrv4(), z.cidrv6()], 'must be a range of addresses such as 10.0.0.0/8');

const REDIS_URL =
  'must be redis://host:port/db, rediss:// for TLS, redis+unix:///path/of/socket, redis+sentinel://host:port,host:port/master or redis+cluster://host:port,host:port';

const redisSchema = z.strictObject({
  /** One server, sentinels of a master, or nodes of a cluster; `rediss` for TLS. May hold a user name and a password. */
  url: z
    .string()
    .regex(
      /^(?:rediss?(?:\+(?:sentinel|cluster))?:\/\/[^\s/?#]+(?:\/[A-Za-z0-9._-]*)?|redis\+unix:\/\/(?:[^\s@/?#]*@)?\/[^\s?#]+(?:\?db=\d{1,4})?)$/,
      REDIS_URL,
    ),
  /** File that holds the password; read anew for each connection. */
  passwordFile: z.string().min(1).optional(),
  /** File of PEM certificates that a `rediss` server is verified with. Default: the system's. */
  caFile: z.string().min(1).optional(),
});

const kubernetesSchema = z.strictObject({
  /** Namespace whose MCPBackends are served. */
  namespace: dnsLabel.default(INSTALLATION.backendsNamespace),
  /** The ConfigMap with the tenants document, under the key `tenants.yaml`. */
  tenants: z
    .strictObject({
      configMap: objectName.default(INSTALLATION.tenantsConfigMap),
      namespace: dnsLabel.default(INSTALLATION.gatewayNamespace),
    })
    .prefault({}),
});

/** Where a gateway in a cluster finds its backends and tenants. */
export type KubernetesConfig = z.output<typeof kubernetesSchema>;

const shape = z
  .strictObject({
    listen: z
      .strictObject({
        /** Address that Envoy listens on. */
        address: z.union([z.ipv4(), z.ipv6()], 'must be an IP address').default('127.0.0.1'),
        /** 0 picks a free one. */
        port: z.number().int().min(0).max(65535).default(8080),
        /** Certificate chain and key, as PEM files that are read live. Default: plain HTTP. */
        tls: z.strictObject({ certFile: z.string().min(1), keyFile: z.string().min(1) }).optional(),
        /** Proxies in front, whose X-Forwarded-For is believed. Default: none. */
        trustedProxies: z.array(cidr).max(100).default([]),
      })
      .prefault({}),
    /** Where clients reach the gateway. Default: the listener. */
    publicUrl: publicUrl.optional(),
    /** Who issues access tokens. `development` is a real OpenID provider on loopback that `up` brings along. */
    issuer: z
      .union([z.literal('development'), issuerSchema], 'must be development, or an issuer with its url')
      .optional(),
    /** Several of them; instead of `issuer`. */
    issuers: z.array(issuerSchema).min(1).max(100).optional(),
    /** Scopes that clients are told to ask for at first; what a request needs beyond them, it is told when it comes. */
    scopes: z.array(scopeName).max(20).default([MCP_SCOPE]),
    /** Folder of backend files, one backend each. */
    backends: z.string().min(1).optional(),
    /** The tenants document. */
    tenants: z.string().min(1).optional(),
    /** Backends and tenants of a cluster, in place of those two. */
    kubernetes: kubernetesSchema.optional(),
    sessions: z
      .strictObject({
        /** File with the keys that seal sessions. Default: one that `up` makes in its state folder. */
        keyFile: z.string().min(1).optional(),
        /** Longest life of a session, however busy. */
        lifetime: durationMs(60_000, 90 * 86_400_000).default(7 * 86_400_000),
      })
      .prefault({}),
    audit: z
      .strictObject({
        /** Which decisions are written down. */
        decisions: z.enum(['all', 'denied', 'none'], 'must be all, denied or none').default('all'),
        /** Default: `audit.log` in the state folder of `up`. */
        file: z.string().min(1).optional(),
      })
      .prefault({}),
    /** Where quotas are kept, so that several processes and gateways share them. Default: in the memory of each process. */
    redis: redisSchema.optional(),
    quotas: z
      .strictObject({
        /** While Redis cannot be asked: each process gives out its share, or what has a quota is refused. */
        whenRedisFails: z.enum(['share', 'refuse'], 'must be share or refuse').default('share'),
        /** Longest wait for Redis. */
        deadline: durationMs(5, 5_000).default(50),
        /** How many gateways there are, for the share of each. */
        gateways: z.number().int().min(1).max(10_000).default(1),
      })
      .prefault({}),
    /** The gateway's own tools, under `/gateway/mcp`. Default: they are not there. */
    admin: adminSchema.optional(),
    /** Accepted Host headers besides that of `publicUrl`; `*` accepts all. */
    allowedHosts: z.array(z.string().min(1).toLowerCase()).default([]),
    /** Accepted Origin headers besides that of `publicUrl`. On loopback, local origins are accepted too. */
    allowedOrigins: z.array(origin).default([]),
    /** How many ext-authz processes `up` starts; Envoy balances over them. Default: half the processor cores, at least 1. */
    workers: z.number().int().min(1).max(64).optional(),
  })
  .refine(({ issuer, issuers }) => issuer !== undefined || issuers !== undefined, {
    ...at('issuer'),
    message: 'is required, or issuers in its place',
  })
  .superRefine(({ issuer, issuers = [] }, context) => {
    if (issuer !== undefined && issuers.length > 0) {
      context.addIssue({
        code: 'custom',
        path: ['issuers'],
        message: 'goes with no issuer: only one of the two may be given',
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

/** What holds wherever backends and tenants come from. */
export type GatewaySettings = Omit<Shape, 'issuer' | 'issuers' | 'backends' | 'tenants' | 'kubernetes'> & {
  /** Whether the development issuer is asked for; then there is no other one. */
  developmentIssuer: boolean;
  issuers: Issuer[];
};

/** The configuration of a gateway on one machine, parsed. */
export type GatewayConfig = GatewaySettings & { backends: string; tenants: string };

/** The configuration of a gateway in a cluster, parsed. */
export type ClusterGatewayConfig = GatewaySettings & { kubernetes: KubernetesConfig };

/** The gateway's configuration on one machine, `gateway.yaml`. Relative paths are relative to its folder. */
export const gatewaySchema = shape
  .refine(({ kubernetes }) => kubernetes === undefined, {
    ...at('kubernetes'),
    message: 'needs a gateway in a cluster; on one machine use backends and tenants',
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

/** The same wherever the gateway runs: with `backends` and `tenants`, or with `kubernetes` in place of both. */
export const anyGatewaySchema = shape
  .refine(({ backends, kubernetes }) => (backends === undefined) !== (kubernetes === undefined), {
    ...at('backends'),
    message: 'is required, or kubernetes in place of backends and tenants; only one of the two ways may be given',
  })
  .refine(({ tenants, kubernetes }) => (tenants === undefined) !== (kubernetes === undefined), {
    ...at('tenants'),
    message: 'is required, or kubernetes in place of backends and tenants; only one of the two ways may be given',
  })
  .transform((config): GatewayConfig | ClusterGatewayConfig => {
    const { kubernetes } = config;
    return kubernetes === undefined ? (folderOf(config) ?? z.NEVER) : { ...settingsOf(config), kubernetes };
  });

// Also where other keys are wrong, so that all is told at once.
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
