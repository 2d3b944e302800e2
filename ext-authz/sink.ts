import { type DecisionRecord, decisionRecord } from '../core/decision/audit.ts';
import type { Decision } from '../core/decision/decision.ts';
import { quotaOutcomeOf, usageEventOf } from '../core/decision/usage.ts';
import type { PolicySettings } from '../core/policy/policy.ts';
import type { QuotaCounts } from './quota/counts.ts';
import type { UsageMeter } from './quota/usage-meter.ts';

/** Takes every decision of this process. */
export type DecisionSink = (decision: Decision) => void;

/** Everything that derives from decisions. */
export interface SinkOptions {
  /** Writes a line of the audit log. */
  audit: (record: DecisionRecord) => void;
  /** Which decisions the audit log gets. */
  auditSetting: () => PolicySettings['audit'];
  /** Whether a decision that belongs into the audit log gets a line. */
  admit: (decision: Decision) => boolean;
  usage: Pick<UsageMeter, 'count'>;
  counts: Pick<QuotaCounts, 'count'>;
}

/** The one place where decisions are recorded and counted. */
export function createSink({ audit, auditSetting, admit, usage, counts }: SinkOptions): DecisionSink {
  return (decision) => {
    const record = decisionRecord(decision, auditSetting());
    if (record !== undefined && admit(decision)) audit(record);
    const event = usageEventOf(decision);
    if (event !== undefined) usage.count(event, decision.charge?.readings ?? []);
    const outcome = quotaOutcomeOf(decision);
    if (outcome !== undefined && decision.tenant !== undefined) counts.count(decision.tenant, outcome);
  };
}
