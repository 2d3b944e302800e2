import type { Flood } from '../flood.ts';
import { bearer, INITIALIZE, repeat, shoot } from '../wire.ts';

export const flood: Flood = {
  what: 'a user who opens and ends sessions, 32 at once',
  run: async (target, signal) => {
    const headers = bearer(await target.token());
    const url = target.backendUrl('other');
    await repeat(32, signal, async () => {
      const { session } = await shoot(url, { headers, body: INITIALIZE }, signal);
      const ended = { method: 'DELETE', headers: { ...headers, 'mcp-session-id': session } };
      target.count((await shoot(url, ended, signal)).status);
    });
  },
};
