import type { Flood } from '../flood.ts';
import { head, hold } from '../wire.ts';

const BYTES = Buffer.from(head(1_000_000) + 'x'.repeat(990_000));

export const flood: Flood = {
  what: '1,000 bodies of 1 MB that never end, with a token of nobody',
  run: (target, signal) => hold(target, 1_000, { bytes: BYTES }, signal),
};
