import { WORST_BODIES } from '../../../test/fixtures/bodies/worst.ts';
import type { Flood } from '../flood.ts';
import { bearer, fire } from '../wire.ts';

export const flood: Flood = {
  what: 'bodies of 1 MiB that take longest to read, with a token, 16 at once',
  run: async (target, signal) => {
    const headers = bearer(await target.token());
    const bodies = [...WORST_BODIES.values()].map((text) => Buffer.from(text));
    let next = 0;
    const shot = () => ({ headers, body: bodies[next++ % bodies.length] ?? '' });
    await fire(target, target.backendUrl('lists'), shot, 16, signal);
  },
};
