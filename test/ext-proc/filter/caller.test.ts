import { expect } from 'chai';
import type { Policy } from '../../../core/policy/policy.ts';
import { maySeeOf } from '../../../ext-proc/filter/caller.ts';
import { policyBackend, policyOf } from '../../ext-authz/policy.ts';

function policyWith(more: Parameters<typeof policyBackend>[1] = {}): Policy {
  const policy = policyOf('https://i.example', [
    policyBackend('a', { filters: { tools: { allow: undefined, deny: ['drop'] } }, ...more }),
    policyBackend('b'),
  ]);
  const rule = { backends: undefined, roles: ['auditor'], filters: { tools: { allow: ['get_*', 'drop'], deny: [] } } };
  const [red, ...others] = policy.settings.tenants;
  if (red === undefined) throw new Error('no tenants');
  return { ...policy, settings: { ...policy.settings, tenants: [{ ...red, rules: [rule] }, ...others] } };
}

const CALLER = { backend: 'a', tenant: 'red', roles: ['auditor'] };

describe('ext-proc/filter/caller', () => {
  it('sees what the backend and the tenant both allow', () => {
    const maySee = maySeeOf(CALLER, policyWith());
    expect(['get_x', 'drop', 'add'].map((name) => maySee?.('tools', name))).to.deep.equal([true, false, false]);
    expect(maySee?.('prompts', 'any')).to.equal(true);
    expect(maySeeOf({ ...CALLER, roles: [] }, policyWith())?.('tools', 'get_x')).to.equal(false);
  });

  for (const [what, caller, policy] of [
    ['without a policy', CALLER, undefined],
    ['at an unknown backend', { ...CALLER, backend: 'c' }, policyWith()],
    ['of an unknown tenant', { ...CALLER, tenant: 'green' }, policyWith()],
    ['of a tenant that may not use the backend', { ...CALLER, tenant: 'blue', backend: 'b' }, policyWith()],
    ['without a role that the backend needs', CALLER, policyWith({ roles: ['admin'] })],
  ] as const) {
    it(`sees nothing ${what}`, () => {
      expect(maySeeOf(caller, policy)).to.equal(undefined);
    });
  }
});
