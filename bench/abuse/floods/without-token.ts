import type { Flood } from '../flood.ts';
import { fire, message } from '../wire.ts';

const SHOT = { body: message('ping') };

export const flood: Flood = {
  what: 'requests without a token, 64 at once',
  run: (target, signal) => fire(target, target.backendUrl('other'), () => SHOT, 64, signal),
};
