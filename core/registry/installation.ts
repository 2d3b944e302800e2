/** How the parts of an installation in a cluster are called where nobody says otherwise. */
export const INSTALLATION = {
  /** Namespace of the MCPBackends. */
  backendsNamespace: 'mcp',
  /** Namespace of the gateway. */
  gatewayNamespace: 'mcp-gateway',
  /** ConfigMap with the tenants document, in the gateway's namespace. */
  tenantsConfigMap: 'mcp-gateway-tenants',
  /** Secret with the keys that seal sessions, likewise. */
  sessionKeysSecret: 'mcp-gateway-session-keys',
} as const;

/** Key of the tenants document in its ConfigMap. */
export const TENANTS_KEY = 'tenants.yaml';

/** Key of the session keys in their Secret. */
export const SESSION_KEYS_KEY = 'session-keys';
