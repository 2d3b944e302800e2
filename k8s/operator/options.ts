import type { Logger } from '../../runtime/log.ts';
import type { KubeClient } from '../api/client.ts';

/** Settings of the operator. */
export interface OperatorOptions {
  client: KubeClient;
  /** Namespace of the MCPBackends. */
  namespace: string;
  /** Namespace of the gateway: of the tenants, the session keys and the lease. */
  gatewayNamespace: string;
  /** Secret of the session keys in the gateway's namespace, made where it is missing; undefined: somebody else makes it. */
  sessionKeysSecret: string | undefined;
  /** Likewise the Secret that the gateway shows to whoever serves its own tools; undefined: nobody does, or it is made elsewhere. */
  ownToolsSecret?: string | undefined;
  /** ConfigMap of the tenants in the gateway's namespace. */
  tenantsConfigMap: string;
  /** Image that `command` backends run in. */
  bridgeImage: string;
  /** Where clients reach the gateway, for the status; undefined: it is left out. */
  publicUrl: string | undefined;
  /** 0 picks a free one. */
  healthPort: number;
  /** Without: this process always writes; only where it is certain to be the only one. */
  leaderElect: boolean;
  /** Of this process, for the lease and events. */
  identity: string;
  log: Logger;
  /** For tests: times of the lease. */
  lease?: { durationMs: number; deadlineMs: number; retryMs: number };
  /** So often all is looked at, changed or not. Default 5 minutes. */
  resyncMs?: number;
}
