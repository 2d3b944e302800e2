import type { Flood } from '../flood.ts';
import { bearer, fire, message } from '../wire.ts';

const BODY = message('ping');
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

export const flood: Flood = {
  what: 'tokens of 50 KB that nobody signed, 64 at once',
  run: (target, signal) => {
    const claims = { sub: 'a', more: Array(3_000).fill([[], 0]) };
    const token = `${part({ alg: 'ES256', kid: 'k' })}.${part(claims)}.${'A'.repeat(20_000)}`;
    const shot = { headers: bearer(token), body: BODY };
    return fire(target, target.backendUrl('other'), () => shot, 64, signal);
  },
};
