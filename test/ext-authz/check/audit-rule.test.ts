import { expect } from 'chai';
import type { PolicySettings } from '../../../core/policy/policy.ts';
import type { AdmissionRequest } from '../../../ext-authz/check/admission.ts';
import { auditRule } from '../../../ext-authz/check/audit-rule.ts';
import { policyOf } from '../policy.ts';

describe('ext-authz/check/audit-rule', () => {
  const { settings } = policyOf('https://issuer.example', []);
  const reasonFor = (audit: PolicySettings['audit'], denyOnFailure: boolean, failing: boolean) => {
    const changed = { ...settings, audit, auditLog: { ...settings.auditLog, denyOnFailure } };
    const said = auditRule(
      () => changed,
      () => failing,
    )({} as AdmissionRequest);
    return (said as { denial: { reason: string } } | undefined)?.denial.reason;
  };

  it('denies only while a log that would have the request cannot be written, and if it is configured', () => {
    expect(reasonFor('all', true, true)).to.equal('not-audited');
    expect(reasonFor('all', true, false)).to.equal(undefined);
    expect(reasonFor('all', false, true)).to.equal(undefined);
    expect(reasonFor('denied', true, true)).to.equal(undefined);
    expect(reasonFor('none', true, true)).to.equal(undefined);
  });

  it('denies nothing before there is a policy', () => {
    const rule = auditRule(
      () => undefined,
      () => true,
    );
    expect(rule({} as AdmissionRequest)).to.equal(undefined);
  });
});
