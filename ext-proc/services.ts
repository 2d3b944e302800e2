import type { SessionRecord } from '../core/decision/audit.ts';
import type { Policy } from '../core/policy/policy.ts';
import type { EndedSession } from '../core/session/ended-record.ts';
import type { SessionKeys } from '../core/session/keys.ts';
import type { Logger } from '../runtime/log.ts';
import type { RepeatedWarnings } from '../runtime/repeated-warnings.ts';
import type { Budget } from './filter/budget.ts';

/** What the response side needs. */
export interface ResponseServices {
  policy: () => Policy | undefined;
  keys: () => SessionKeys;
  /** Ends a session; resolves once every ext-authz process denies it. */
  endSession: (session: EndedSession) => Promise<void>;
  /** Leaves a tombstone for other gateways. Never rejects. */
  leaveTombstone: (tenant: string, session: EndedSession) => Promise<void>;
  audit: (record: SessionRecord) => void;
  log: Logger;
  /** Warnings that a server or a client can cause with each request. */
  warnings: Pick<RepeatedWarnings, 'warn'>;
  /** Memory for responses that are held until they can be filtered. Default 48 MiB. */
  budget?: Budget;
  /** Milliseconds since the epoch. */
  now?: () => number;
}
