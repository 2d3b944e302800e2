import type { Flood } from '../flood.ts';
import { bearer, fire, INITIALIZE } from '../wire.ts';

export const flood: Flood = {
  what: 'a user who opens sessions of a stdio server without end; the good caller uses the same server',
  goodBackend: 'stdio',
  run: async (target, signal) => {
    const shot = { headers: bearer(await target.token()), body: INITIALIZE };
    await fire(target, target.backendUrl('stdio'), () => shot, 8, signal);
  },
};
