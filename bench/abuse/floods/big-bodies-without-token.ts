import type { Flood } from '../flood.ts';
import { fire, message } from '../wire.ts';

const SHOT = { body: message('tools/call', { name: 'get_a', arguments: { a: 'x'.repeat(1_000_000) } }) };

export const flood: Flood = {
  what: 'bodies of 1 MB without a token, 64 at once',
  run: (target, signal) => fire(target, target.backendUrl('other'), () => SHOT, 64, signal),
};
