import type { Logger } from '../../runtime/log.ts';
import type { KubeClient } from '../api/client.ts';

/** Settings of the operator. */
export interface OperatorOptions {
  client: KubeClient;
  /** Namespace of the MCPBackends. */
  namespace: string;
  /** Namespace of the gateway. It holds the tenants, the session keys and the lease. */
  gatewayNamespace: string;
  /** Secret of the session keys in the gateway's namespace, created if it is missing; undefined: the operator does not create it. */
  sessionKeysSecret: string | undefined;
  /** Secret that the gateway sends to the process that serves the admin tools, created if it is missing; undefined: it is not needed. */
  adminToolsSecret: string | undefined;
  /** ConfigMap of the tenants in the gateway's namespace. */
  tenantsConfigMap: string;
  /** Image that `command` backends run in. */
  bridgeImage: string;
  /** URL at which clients reach the gateway, for the status; undefined: the status has no URL. */
  publicUrl: string | undefined;
  /** 0 picks a free port. */
  healthPort: number;
  /** False: this process leads without an election. Only for a single operator. */
  leaderElect: boolean;
  /** Identity of this process, for leader election and events. */
  identity: string;
  log: Logger;
  /** Times of the leader election, for tests. */
  election?: { durationMs: number; deadlineMs: number; retryMs: number };
  /** Full resync interval. Default 5 minutes. */
  resyncMs?: number;
}
