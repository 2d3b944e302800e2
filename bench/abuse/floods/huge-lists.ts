import type { Flood } from '../flood.ts';
import { bearer, fire, message } from '../wire.ts';

export const flood: Flood = {
  what: 'lists of 15 MB that are filtered, 10 at once',
  run: async (target, signal) => {
    const shot = { headers: bearer(await target.token()), body: message('tools/list') };
    await fire(target, target.backendUrl('lists'), () => shot, 10, signal);
  },
};
