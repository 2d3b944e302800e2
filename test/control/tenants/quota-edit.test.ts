import { expect } from 'chai';
import { parseChanges } from '../../../control/tenants/quota-changes.ts';
import { editQuota } from '../../../control/tenants/quota-edit.ts';
import { UserError } from '../../../core/errors.ts';

const NOW_MS = Date.parse('2026-11-22T20:00:00Z');

const DOCUMENT = `# Who may do how much.
tenants:
  - name: engineering   # the first
    match:  [ {claim: tenant,   value: engineering} ]
    quota:
      requests: 1000     # a lot
      per: hour

      # each of them
      users: {requests: 10, per: minute}   # not much
      rules:
        - name: dear
          tools: ["export_*"]   # quoted so
          requests: 5
          per: minute
      topUps:
        # for the demo
        - {requests: 5, until: '2026-01-01T00:00:00Z'}
        - requests: 6
          until: '2026-12-02T00:00:00Z'   # a friend
    # until here
  - {name: sales, match: [{claim: a, value: b}]}
  - name: support
    match: [{claim: a, value: c}]
# the end`;

function change(tenant: string, set: string, document = DOCUMENT): string {
  return editQuota(document, 'tenants.yaml', { tenant, changes: parseChanges(set), topUp: undefined }, NOW_MS).text;
}

function topUp(tenant: string, requests: number, document = DOCUMENT) {
  const edit = { tenant, changes: [], topUp: { requests, untilMs: NOW_MS + 3_600_000 } };
  return editQuota(document, 'tenants.yaml', edit, NOW_MS);
}

/** Added lines with +, removed lines with -. */
function difference(before: string, after: string): string[] {
  const [old, now] = [before.split(/\r?\n/), after.split(/\r?\n/)];
  return [
    ...old.filter((line) => !now.includes(line)).map((line) => `-${line}`),
    ...now.filter((line) => !old.includes(line)).map((line) => `+${line}`),
  ];
}

describe('control/tenants/quota-edit', () => {
  it('changes a value and keeps every other byte', () => {
    const after = change('engineering', 'requests=2000');
    expect(after).to.equal(DOCUMENT.replace('requests: 1000 ', 'requests: 2000 '));
    expect(difference(DOCUMENT, change('engineering', 'rules.dear.requests=7 users.requests=11'))).to.have.members([
      '-      users: {requests: 10, per: minute}   # not much',
      '+      users: {requests: 11, per: minute}   # not much',
      '-          requests: 5',
      '+          requests: 7',
    ]);
  });

  it('adds keys, also to a tenant without a quota', () => {
    expect(
      difference(
        DOCUMENT,
        change('engineering', 'burst=50 users.burst=20 backends.jira.requests=7 backends.jira.per=day'),
      ),
    ).to.have.members([
      '-      users: {requests: 10, per: minute}   # not much',
      '+      users: {requests: 10, per: minute, burst: 20}   # not much',
      '+      burst: 50',
      '+      backends: {jira: {requests: 7, per: day}}',
    ]);
    expect(difference(DOCUMENT, change('sales', 'requests=7 per=day dryRun=true'))).to.have.members([
      '-  - {name: sales, match: [{claim: a, value: b}]}',
      '+  - {name: sales, match: [{claim: a, value: b}], quota: {requests: 7, per: day, dryRun: true}}',
    ]);
    expect(difference(DOCUMENT, change('support', 'users.requests=7 users.per=day'))).to.have.members([
      '+    quota: {users: {requests: 7, per: day}}',
    ]);
  });

  it('removes keys', () => {
    expect(difference(DOCUMENT, change('engineering', 'users=none'))).to.have.members([
      '-      users: {requests: 10, per: minute}   # not much',
    ]);
    expect(change('engineering', 'burst=none backends.jira=none')).to.equal(DOCUMENT);
    expect(change('engineering', 'burst=none', change('engineering', 'burst=50'))).to.equal(DOCUMENT);
    const only =
      'tenants:\n  - name: a\n    match: [{claim: a, value: b}]\n    quota:\n      users: {requests: 1, per: day}   # gone\n# end\n';
    expect(change('a', 'users=none', only)).to.match(/quota: \{\}[\s\S]*# end/);
  });

  it('keeps the line endings of the document', () => {
    const document = DOCUMENT.replaceAll('\n', '\r\n');
    expect(change('engineering', 'burst=5 requests=3', document)).to.equal(
      change('engineering', 'burst=5 requests=3').replaceAll('\n', '\r\n'),
    );
    expect(change('engineering', 'users=none', document)).to.equal(
      change('engineering', 'users=none').replaceAll('\n', '\r\n'),
    );
  });

  it('returns the quota before and after', () => {
    const { before, after } = topUp('engineering', 500);
    expect(before?.topUps).to.have.length(2);
    expect(after).to.deep.equal({
      ...before,
      topUps: [before?.topUps[1], { requests: 500, untilMs: NOW_MS + 3_600_000 }],
    });
  });

  it('adds a top-up, and removes expired ones', () => {
    expect(difference(DOCUMENT, topUp('engineering', 500).text)).to.have.members([
      "-        - {requests: 5, until: '2026-01-01T00:00:00Z'}",
      '+        - {requests: 500, until: 2026-11-22T21:00:00Z}',
    ]);
    const sales = change('sales', 'requests=7 per=day');
    const once = topUp('sales', 1, sales).text;
    expect(difference(sales, topUp('sales', 2, once).text)[1]).to.match(
      /topUps: \[\{requests: 1, until: \S+Z\}, \{requests: 2, until: \S+Z\}\]\}\}$/,
    );
  });

  const rejects = (code: 'usage' | 'config', named: string, act: () => unknown) =>
    expect(act).to.throw(UserError, named).with.property('code', code);

  it('rejects an edit that is not valid', () => {
    rejects('usage', '"nobody"', () => change('nobody', 'requests=1'));
    rejects('usage', '"other"', () => change('engineering', 'rules.other.requests=1'));
    rejects('usage', 'per: ', () => change('sales', 'requests=1'));
    rejects('usage', 'users.requests: ', () => change('sales', 'users.per=day'));
    rejects('usage', 'top up', () => topUp('sales', 1));
    rejects('usage', 'engineering', () => topUp('engineering', 100_000_000));
  });

  it('rejects a document with errors, and one that it cannot edit', () => {
    rejects('config', 'tenants.yaml', () => change('a', 'requests=1', 'tenants: []'));
    const match = 'match: [{claim: a, value: b}]';
    const shared = `tenants:
  - {name: a, ${match}, quota: &q {requests: 1, per: day}}
  - {name: b, ${match}, quota: *q}`;
    rejects('config', 'tenants.yaml', () => change('a', 'requests=2', shared));
    rejects('config', 'tenants.yaml', () => change('b', 'requests=2', shared));
  });
});
