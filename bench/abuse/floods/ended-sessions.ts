import type { Flood } from '../flood.ts';
import { flood as deletes } from './deletes.ts';

export const flood: Flood = {
  what: 'the same with 1,000,000 ended sessions at the start of the gateway: a user who opens and ends sessions',
  endedSessions: 1_000_000,
  run: deletes.run,
};
