import type { SessionRecord } from '../core/decision/audit.ts';
import type { Policy } from '../core/policy/policy.ts';
import type { SessionKeys } from '../core/session/keys.ts';
import type { Logger } from '../runtime/log.ts';

/** What the response side needs. */
export interface ResponseServices {
  policy: () => Policy | undefined;
  keys: () => SessionKeys;
  /** Resolves when every worker refuses the session. */
  endSession: (fingerprint: string, forgetAtSeconds: number) => Promise<void>;
  /** Tells other gateways that a session of a tenant was ended. Never rejects. */
  leaveTombstone: (tenant: string, fingerprint: string, forgetAtSeconds: number) => Promise<void>;
  audit: (record: SessionRecord) => void;
  log: Logger;
  /** Milliseconds since the epoch. */
  now?: () => number;
}
