import type { Flood } from '../flood.ts';
import { bearer, fire, INITIALIZE } from '../wire.ts';

export const flood: Flood = {
  what: 'a user who opens sessions without end, 32 at once',
  run: async (target, signal) => {
    const shot = { headers: bearer(await target.token()), body: INITIALIZE };
    await fire(target, target.backendUrl('other'), () => shot, 32, signal);
  },
};
