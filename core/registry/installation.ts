/** Default names of the parts of an installation in a cluster. */
export const INSTALLATION = {
  /** Namespace of the MCPBackends. */
  backendsNamespace: 'mcp',
  /** Namespace of the gateway. */
  gatewayNamespace: 'mcp-gateway',
  /** ConfigMap with the tenants document, in the gateway's namespace. */
  tenantsConfigMap: 'mcp-gateway-tenants',
  /** Secret with the keys that seal sessions, in the gateway's namespace. */
  sessionKeysSecret: 'mcp-gateway-session-keys',
} as const;

/** Key of the tenants document in its ConfigMap. */
export const TENANTS_KEY = 'tenants.yaml';

/** Key of the session keys in their Secret. */
export const SESSION_KEYS_KEY = 'session-keys';
