import type { Flood } from '../flood.ts';
import { head, hold } from '../wire.ts';

export const flood: Flood = {
  what: '2,000 requests whose bodies come byte by byte, with a token of nobody',
  run: (target, signal) => hold(target, 2_000, { bytes: `${head(1_000_000)}{`, drip: ' ' }, signal),
};
