import { expect } from 'chai';
import { LANES } from '../../../core/lane/lanes.ts';
import { METADATA, type MetadataEntry } from '../../../core/lane/metadata.ts';
import { OUTPUT_HEADERS, type OutputHeader, RESERVED_PREFIX, RESPONSE_HEADERS } from '../../../core/lane/outputs.ts';
import { IDENTITY_HEADERS } from '../../../core/registry/upstream.ts';

const HEADERS = Object.values<OutputHeader>(OUTPUT_HEADERS);

describe('core/lane/outputs', () => {
  it('are protected from headers of clients', () => {
    for (const { name, fromClients } of HEADERS) {
      const guarded = name.startsWith(RESERVED_PREFIX) || name === ':path' || fromClients === true;
      expect(guarded, name).to.equal(true);
    }
    for (const name of Object.values(IDENTITY_HEADERS)) {
      expect(name.startsWith(RESERVED_PREFIX), name).to.equal(true);
      expect(HEADERS.map((header) => header.name)).to.not.include(name);
    }
  });

  it('are all read, and removed if the server must not get them', () => {
    for (const { name, lanes, readBy, removedBy } of HEADERS) {
      const read = Object.values(readBy).flat();
      expect(read, name).to.include.members([...lanes]);
      expect(removedBy !== undefined, name).to.equal(readBy.server === undefined);
    }
    for (const [key, { lanes, readBy }] of Object.entries<MetadataEntry>(METADATA)) {
      const read = Object.values(readBy).flat();
      expect([...new Set(read)].sort(), key).to.deep.equal([...lanes].sort());
    }
  });

  it('on responses are handled in exactly one way in each lane', () => {
    for (const { name, removedByRoute, replacedByRoute, takenByExtProc } of Object.values(RESPONSE_HEADERS)) {
      const lanes = [...removedByRoute, ...replacedByRoute, ...takenByExtProc];
      expect(lanes.sort(), name).to.deep.equal([...LANES].sort());
    }
  });
});
