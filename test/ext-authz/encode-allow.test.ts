import { expect } from 'chai';
import { issuerSchema } from '../../core/identity/issuer.ts';
import { LANES, type Lane } from '../../core/lane/lanes.ts';
import { METADATA, type MetadataEntry } from '../../core/lane/metadata.ts';
import { OUTPUT_HEADERS, type OutputHeader } from '../../core/lane/outputs.ts';
import type { Allow, Findings } from '../../ext-authz/check/verdict.ts';
import { allowHeaders, allowMetadata } from '../../ext-authz/encode-allow.ts';
import { policyOf } from './policy.ts';

const HEADERS = Object.values<OutputHeader>(OUTPUT_HEADERS);

/** An allowing outcome with every value, whether the lane needs it or not. */
const allowIn = (lane: Lane): Allow => ({
  ...{ kind: 'allow', lane, backend: 'a', path: '/mcp?q', affinity: 'who', pin: '127.0.0.1:1' },
  session: {
    ...{ sealed: 'sealed', serverSessionId: 'theirs', expiresAtSeconds: 9, incarnation: 'one' },
    ...{ fingerprint: 'f', owner: 'o', issuedAtSeconds: 1 },
  },
  upstreamHeaders: [{ name: 'authorization', value: 'Bearer ours' }],
});
const { claims: issuerClaims } = issuerSchema.parse({ url: 'https://i.example' });
const [tenant] = policyOf('https://i.example', []).settings.tenants;
if (tenant === undefined) throw new Error('no tenant');
const FINDINGS: Findings = {
  ...{ id: 7, slot: 'slot', membership: { tenant, roles: ['r', 's'] } },
  identity: {
    ...{ issuer: 'https://i.example', issuerClaims, claims: {}, subject: 'ada', principal: Buffer.alloc(16, 1) },
    ...{ audiences: [], scopes: [], expiresAtSeconds: 0 },
  },
};

describe('ext-authz/encode-allow', () => {
  for (const lane of LANES) {
    it(`sets in the lane ${lane} the headers and the metadata of the tables, and no others`, () => {
      const names = allowHeaders(allowIn(lane)).headers.map(({ header }) => header?.key);
      const wanted = HEADERS.filter(({ lanes }) => lanes.includes(lane)).map(({ name }) => name);
      expect([...names].sort()).to.deep.equal([...wanted].sort());
      const entries = Object.entries<MetadataEntry>(METADATA).filter(([, { lanes }]) => lanes.includes(lane));
      const fields = allowMetadata(allowIn(lane), FINDINGS);
      expect(Object.keys(fields).sort()).to.deep.equal(entries.map(([key]) => key).sort());
    });
  }

  it('removes headers of the client that are not replaced', () => {
    const bare: Allow = { ...allowIn('stateless'), session: undefined, upstreamHeaders: [] };
    expect(allowHeaders(bare).headersToRemove).to.have.members(['authorization', 'mcp-session-id']);
    expect(allowHeaders(allowIn('stateless')).headersToRemove).to.deep.equal(['mcp-session-id']);
    expect(allowHeaders(allowIn('session')).headersToRemove).to.deep.equal([]);
  });

  it('leaves out values that a request does not have', () => {
    const { session } = allowIn('close');
    if (session === undefined) throw new Error('no session');
    const withoutIncarnation: Allow = { ...allowIn('close'), session: { ...session, incarnation: '' } };
    const { id: _, slot: __, ...rest } = FINDINGS;
    for (const id of [null, 1n << 64n]) {
      const fields = allowMetadata(withoutIncarnation, { ...rest, id });
      expect(Object.keys(fields)).to.deep.equal([
        ...['session', 'backend', 'tenant', 'principal', 'fingerprint', 'issued', 'expires'],
      ]);
    }
  });
});
