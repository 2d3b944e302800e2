import { deny } from '../../core/mcp/denial.ts';
import type { PolicySettings } from '../../core/policy/policy.ts';
import type { AdmissionRule } from './admission.ts';

/** Admission rule that denies requests while the audit log cannot be written, if the configuration says so. */
export function auditRule(settings: () => PolicySettings | undefined, isFailing: () => boolean): AdmissionRule {
  return () => {
    const { audit, auditLog } = settings() ?? {};
    if (audit !== 'all' || auditLog?.denyOnFailure !== true || !isFailing()) return undefined;
    return { admitted: false, denial: deny('not-audited') };
  };
}
