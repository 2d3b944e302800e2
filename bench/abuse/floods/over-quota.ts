import type { Flood } from '../flood.ts';
import { bearer, fire, message } from '../wire.ts';

export const flood: Flood = {
  what: 'requests of a tenant whose quota is used up, 64 at once',
  run: async (target, signal) => {
    const shot = {
      headers: bearer(await target.token({ tenant: 'poor' })),
      body: message('tools/call', { name: 'a' }),
    };
    await fire(target, target.backendUrl('other'), () => shot, 64, signal);
  },
};
