import { expect } from 'chai';
import type { Lane } from '../../core/lane/lanes.ts';
import { METADATA, METADATA_NAMESPACE, type MetadataEntry } from '../../core/lane/metadata.ts';
import { decodeLaneRequest } from '../../ext-proc/decode.ts';
import type { ProcessingRequest__Output } from '../../protos/gen/envoy/service/ext_proc/v3/ProcessingRequest.ts';
import type { Value__Output } from '../../protos/gen/google/protobuf/Value.ts';

const ENTRIES = Object.entries<MetadataEntry>(METADATA);

/** The first message in a lane, with all metadata that ext-authz sets there, and the set of keys that were read. */
function messageIn(lane: Lane): { message: ProcessingRequest__Output; read: Set<string> } {
  const present = ENTRIES.filter(([, { lanes }]) => lanes.includes(lane)).map(([key]) => key);
  const fields = Object.fromEntries(
    present.map((key) => [key, key === 'expires' || key === 'issued' ? { numberValue: 9 } : { stringValue: key }]),
  ) as Record<string, Value__Output>;
  const read = new Set<string>();
  const watched = new Proxy(fields, {
    get: (target, key: string) => {
      if (Object.hasOwn(target, key)) read.add(key);
      return target[key];
    },
  });
  const filterMetadata = { [METADATA_NAMESPACE]: { fields: watched } };
  return { message: { metadataContext: { filterMetadata } } as unknown as ProcessingRequest__Output, read };
}

describe('ext-proc/decode', () => {
  for (const [lane, kind] of [
    ['open', 'open'],
    ['close', 'close'],
    ['session-guarded', 'filtered'],
    ['stateless-guarded', 'filtered'],
    ['session-filtered', 'filtered'],
    ['stateless-filtered', 'filtered'],
  ] as const) {
    it(`reads the entries of the table in the lane ${lane}`, () => {
      const { message, read } = messageIn(lane);
      expect(decodeLaneRequest(message)?.lane).to.equal(kind);
      const wanted = ENTRIES.filter(([, { readBy }]) => readBy['ext-proc']?.includes(lane)).map(([key]) => key);
      expect([...read].sort()).to.deep.equal(wanted.sort());
    });
  }
});
