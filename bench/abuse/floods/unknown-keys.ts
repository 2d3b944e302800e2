import type { Flood } from '../flood.ts';
import { bearer, fire, message } from '../wire.ts';

const BODY = message('ping');

export const flood: Flood = {
  what: 'tokens of the right issuer with a key that it does not have, each another one, 64 at once',
  run: async (target, signal) => {
    const [header = '', payload, signature] = (await target.token()).split('.');
    const decoded = JSON.parse(Buffer.from(header, 'base64url').toString()) as object;
    let next = 0;
    const other = () => Buffer.from(JSON.stringify({ ...decoded, kid: `k${next++}` })).toString('base64url');
    const shot = () => ({ headers: bearer(`${other()}.${payload}.${signature}`), body: BODY });
    await fire(target, target.backendUrl('other'), shot, 64, signal);
  },
};
