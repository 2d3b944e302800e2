import { expect } from 'chai';
import type { QuotaSource } from '../../../control/installation.ts';
import { tenantsIn } from '../../../control/tenants/document.ts';
import { type QuotaRequest, tenantQuota } from '../../../control/tenants/quota.ts';
import { parseChanges } from '../../../control/tenants/quota-changes.ts';
import { UserError } from '../../../core/errors.ts';
import type { Quota } from '../../../core/quota/quota.ts';

const DOCUMENT = `tenants:
  - name: sales
    match: [{claim: tenant, value: sales}]
    quota: {requests: 10, per: day, backends: {gone: {requests: 1, per: day}}}
`;

const quotaIn = (text: string) => tenantsIn(text, 'test')[0]?.quota;

describe('control/tenants/quota', () => {
  let text: string;
  /** What the gateway has in force; undefined: the quota in the document. */
  let inForce: ((asked: number) => Quota | undefined) | undefined;
  let asked: number;
  let backends: string[] | undefined;

  beforeEach(() => {
    text = DOCUMENT;
    inForce = undefined;
    asked = 0;
    backends = ['jira'];
  });

  const source: QuotaSource = {
    tenants: {
      source: 'tenants.yaml',
      read: async () => text,
      edit: async (change) => {
        text = change(text);
      },
    },
    quotaState: async () => ({
      state: undefined,
      inForce: [inForce === undefined ? quotaIn(text) : inForce(asked++)],
      ...{ complete: true, notes: [] },
    }),
    list: async () => backends && { backends: backends.map((name) => ({ name })) },
  };
  const ask = (set: string, more: Partial<QuotaRequest> = {}) =>
    tenantQuota(
      source,
      {
        ...{ tenant: 'sales', changes: set === '' ? [] : parseChanges(set), topUp: undefined, dryRun: false },
        ...{ inForceSeconds: 60, signal: new AbortController().signal },
        ...more,
      },
      Date.now,
    );
  const codeOf = (work: Promise<unknown>) =>
    work.then(
      () => 'done',
      (error: unknown) => (error instanceof UserError ? error.code : error),
    );

  it('shows without writing, and writes nothing in a dry run', async () => {
    expect(await ask('')).to.include({ changed: false, inForce: true });
    expect(await ask('requests=20', { dryRun: true })).to.include({ changed: true, inForce: null });
    expect(text).to.equal(DOCUMENT);
  });

  it('waits until the gateway has the new quota', async () => {
    const before = quotaIn(DOCUMENT);
    inForce = (count) => (count < 2 ? before : quotaIn(text));
    expect(await ask('requests=20')).to.include({ changed: true, inForce: true });
    expect(asked).to.equal(3);
  });

  it('waits for the quota of a later edit, not for its own', async () => {
    const before = quotaIn(DOCUMENT);
    inForce = (count) => {
      if (count === 0) text = text.replace('requests: 20', 'requests: 30');
      return count === 0 ? before : quotaIn(text);
    };
    const { after, inForce: reached } = await ask('requests=20');
    expect(after[0]).to.include('20 per day');
    expect(reached).to.equal(true);
  });

  it('keeps waiting for its own quota while the document has errors', async () => {
    const [before, wanted] = [quotaIn(DOCUMENT), quotaIn(DOCUMENT.replace('requests: 10', 'requests: 20'))];
    inForce = (count) => {
      text = 'tenants: 5';
      return count === 0 ? before : wanted;
    };
    expect(await ask('requests=20')).to.include({ inForce: true });
  });

  it('reports a change that is not in force in time, or whose wait was canceled', async () => {
    const before = quotaIn(DOCUMENT);
    inForce = () => before;
    expect(await ask('requests=20', { inForceSeconds: 0 })).to.include({ changed: true, inForce: false });
    expect(await ask('requests=30', { signal: AbortSignal.abort() })).to.include({ changed: true, inForce: false });
    expect(quotaIn(text)?.tenant?.requests).to.equal(30);
  });

  it('rejects limits for unknown backends, but not for a removed one that the quota still names', async () => {
    expect(await codeOf(ask('backends.jria.requests=1 backends.jria.per=day'))).to.equal('usage');
    // There is nothing to remove, so that the same change can be repeated.
    expect(await codeOf(ask('backends.jria=none'))).to.equal('done');
    expect(text).to.equal(DOCUMENT);
    expect(await codeOf(ask('backends.jira.requests=1 backends.jira.per=day'))).to.equal('done');
    expect(await codeOf(ask('backends.gone.requests=2'))).to.equal('done');
    expect(await codeOf(ask('backends.gone=none'))).to.equal('done');
    backends = undefined;
    expect(await codeOf(ask('backends.other.requests=1 backends.other.per=day'))).to.equal('done');
  });

  it('rejects an unknown tenant before anything else', async () => {
    expect(await codeOf(ask('backends.jria=none', { tenant: 'nobody' }))).to.equal('usage');
    expect(text).to.equal(DOCUMENT);
  });
});
