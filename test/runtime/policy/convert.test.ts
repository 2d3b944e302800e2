import { expect } from 'chai';
import type { Backend } from '../../../protos/gen/mcp_gateway/v1/Backend.ts';
import type { PolicyUpdate } from '../../../protos/gen/mcp_gateway/v1/PolicyUpdate.ts';
import { policyService } from '../../../protos/load.ts';
import { applyUpdate } from '../../../runtime/policy/apply.ts';
import { backendToProto, settingsToProto } from '../../../runtime/policy/convert.ts';
import { policyBackend, policyOf } from '../../ext-authz/policy.ts';

const { settings } = policyOf('https://i.example', []);
const { responseSerialize, responseDeserialize } = policyService().Subscribe;

/** An update as it arrives over the wire. */
const received = (update: PolicyUpdate) => responseDeserialize(responseSerialize(update));

const snapshot = (backends: Backend[], more: PolicyUpdate = {}) =>
  received({ version: 1, snapshot: true, settings: settingsToProto(settings), backends, ...more });

describe('runtime/policy', () => {
  it('arrives as it was sent', () => {
    const backends = [
      policyBackend('a'),
      policyBackend('b', {
        affinity: 'none',
        affinityHeader: 'mcp-param-x',
        tenants: ['red'],
        draining: true,
        path: '/',
        endpoints: [],
      }),
      policyBackend('nobody', { tenants: [] }),
    ];
    const policy = applyUpdate(undefined, snapshot(backends.map(backendToProto)), 0);
    expect(policy).to.deep.equal(policyOf('https://i.example', backends));
  });

  it('takes changes, and leaves the rest alone', () => {
    const before = applyUpdate(
      undefined,
      snapshot([policyBackend('a'), policyBackend('b'), policyBackend('c')].map(backendToProto)),
      0,
    );
    const update = received({
      version: 2,
      backends: [backendToProto(policyBackend('b', { path: '/new' }))],
      removedBackends: ['c'],
    });
    const after = applyUpdate(before, update, 0);
    expect([...(after?.backends ?? [])].map(([name, { path }]) => [name, path])).to.deep.equal([
      ['a', '/mcp'],
      ['b', '/new'],
    ]);
    expect(after?.backends.get('a')).to.equal(before?.backends.get('a'));
    expect(after?.settings).to.equal(before?.settings);
    expect(before?.backends.size).to.equal(3);
  });

  it('is replaced by a snapshot, but for the ended sessions', () => {
    const before = applyUpdate(
      undefined,
      snapshot([backendToProto(policyBackend('a'))], { endedSessions: [{ fingerprint: 'f', forgetAtSeconds: 100 }] }),
      0,
    );
    const after = applyUpdate(
      before,
      snapshot([backendToProto(policyBackend('b'))], { endedSessions: [{ fingerprint: 'g', forgetAtSeconds: 50 }] }),
      0,
    );
    expect([...(after?.backends.keys() ?? [])]).to.deep.equal(['b']);
    expect(after?.endedSessions).to.deep.equal(
      new Map([
        ['f', 100],
        ['g', 50],
      ]),
    );
    expect(applyUpdate(after, received({ version: 3 }), 50)?.endedSessions).to.deep.equal(new Map([['f', 100]]));
  });

  it('is none before there were settings', () => {
    expect(
      applyUpdate(undefined, received({ version: 1, backends: [backendToProto(policyBackend('a'))] }), 0),
    ).to.equal(undefined);
  });
});
