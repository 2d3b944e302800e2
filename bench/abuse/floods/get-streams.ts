import type { Flood } from '../flood.ts';
import { bearer, hold, INITIALIZE, shoot } from '../wire.ts';

export const flood: Flood = {
  what: '1,000 GET streams of one user',
  run: async (target, signal) => {
    const token = await target.token();
    const url = target.backendUrl('other');
    const { session } = await shoot(url, { headers: bearer(token), body: INITIALIZE }, signal);
    const lines = [
      'GET /other/mcp?silent HTTP/1.1',
      ...[
        'Host: localhost',
        'Accept: text/event-stream',
        `Authorization: Bearer ${token}`,
        `Mcp-Session-Id: ${session}`,
      ],
    ];
    await hold(target, 1_000, { bytes: `${lines.join('\r\n')}\r\n\r\n` }, signal);
  },
};
