import { z } from 'zod';
import { issuerSchema } from '../identity/issuer.ts';
import { durationMs } from './duration.ts';

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

/** The gateway's configuration, `gateway.yaml`. Relative paths are relative to its folder. */
export const gatewaySchema = z.strictObject({
  listen: z
    .strictObject({
      /** Address that Envoy listens on. */
      address: z.union([z.ipv4(), z.ipv6()], 'must be an IP address').default('127.0.0.1'),
      /** 0 picks a free one. */
      port: z.number().int().min(0).max(65535).default(8080),
    })
    .prefault({}),
  /** Where clients reach the gateway. Default: the listener, as http. */
  publicUrl: publicUrl.optional(),
  /** Who issues access tokens. `development` is a real OpenID provider on loopback that `up` brings along. */
  issuer: z.union([z.literal('development'), issuerSchema], 'must be development, or an issuer with its url'),
  /** Folder of backend files, one backend each. */
  backends: z.string().min(1),
  /** The tenants document. */
  tenants: z.string().min(1),
  sessions: z
    .strictObject({
      /** File with the keys that seal sessions. Default: one that `up` makes in its state folder. */
      keyFile: z.string().min(1).optional(),
      /** Longest life of a session, however busy. */
      lifetime: durationMs(60_000, 90 * 86_400_000).default(7 * 86_400_000),
    })
    .prefault({}),
  /** Accepted Host headers besides that of `publicUrl`; `*` accepts all. */
  allowedHosts: z.array(z.string().min(1).toLowerCase()).default([]),
  /** Accepted Origin headers besides that of `publicUrl`. On loopback, local origins are accepted too. */
  allowedOrigins: z.array(origin).default([]),
  /** How many ext-authz processes `up` starts; Envoy balances over them. Default: half the processor cores, at least 1. */
  workers: z.number().int().min(1).max(64).optional(),
});

/** The configuration, parsed. */
export type GatewayConfig = z.output<typeof gatewaySchema>;
