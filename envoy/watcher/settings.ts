import type { GatewayConfig } from '../../core/config/gateway.ts';
import { type Issuer, isLoopback } from '../../core/identity/issuer.ts';
import type { PolicySettings } from '../../core/policy/policy.ts';
import type { Tenant } from '../../core/tenants/tenants.ts';

const LOOPBACK_HOSTS = ['localhost', '127.0.0.1', '[::1]'];

/** What is known only once the gateway runs. */
export interface RunningFacts {
  /** Where the listener can be reached; used where the configuration names no public URL. */
  listenUrl: string;
  /** URL of the development issuer, where the configuration asks for it. */
  developmentIssuer: string | undefined;
}

/** The settings of the policy, from the two documents. */
export function toSettings(config: GatewayConfig, tenants: readonly Tenant[], facts: RunningFacts): PolicySettings {
  const publicUrl = config.publicUrl ?? facts.listenUrl;
  const { host, hostname, origin } = new URL(publicUrl);
  const local = isLoopback(hostname);
  return {
    publicUrl,
    issuers: issuersOf(config, facts),
    tenants,
    allowedHosts: [host, ...config.allowedHosts, ...(local ? LOOPBACK_HOSTS.map((name) => `${name}:*`) : [])],
    allowedOrigins: [
      origin,
      ...config.allowedOrigins,
      ...(local ? LOOPBACK_HOSTS.flatMap((name) => [`http://${name}:*`, `https://${name}:*`]) : []),
    ],
    sessionLifetimeSeconds: Math.floor(config.sessions.lifetime / 1000),
  };
}

function issuersOf(config: GatewayConfig, { developmentIssuer }: RunningFacts): Issuer[] {
  if (config.issuer !== 'development') return [config.issuer];
  if (developmentIssuer === undefined) return [];
  return [{ url: developmentIssuer, audiences: [], algorithms: ['RS256', 'ES256'], clockSkewSeconds: 30 }];
}
