import type { Flood } from '../flood.ts';
import { bearer, fire, message } from '../wire.ts';

const BODY = message('tools/call', { name: 'get_a', arguments: { a: 'x'.repeat(1_000_000) } });

export const flood: Flood = {
  what: 'bodies of 1 MB with a token, 64 at once',
  run: async (target, signal) => {
    const shot = { headers: bearer(await target.token()), body: BODY };
    await fire(target, target.backendUrl('other'), () => shot, 64, signal);
  },
};
