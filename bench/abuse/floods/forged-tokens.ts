import type { Flood } from '../flood.ts';
import { bearer, fire, message } from '../wire.ts';

const BODY = message('ping');

export const flood: Flood = {
  what: 'tokens with a wrong signature, each another one, 64 at once',
  run: async (target, signal) => {
    const [header, payload] = (await target.token()).split('.');
    let next = 0;
    const signature = () => Buffer.alloc(64, String(next++)).toString('base64url');
    const shot = () => ({ headers: bearer(`${header}.${payload}.${signature()}`), body: BODY });
    await fire(target, target.backendUrl('other'), shot, 64, signal);
  },
};
