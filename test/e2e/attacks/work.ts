// Family: bodies of up to 1 MiB that are meant to keep a worker busy.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { askAdmin } from '../../../runtime/http/unix-client.ts';
import { WORST_BODIES } from '../../fixtures/bodies/worst.ts';
import { eventually } from '../../fixtures/replica-server/waiting.ts';
import { type Attack, FORBIDDEN, INVALID, itHolds, type Outcome } from './attack.ts';
import { post } from './message.ts';
import type { Ground } from './set-up.ts';

/** Bodies that are large, but cheap to judge. */
const HARMLESS = [
  ...['long numbers', 'one number', 'one string of escapes', 'backslashes', 'white space'],
  ...['objects at the limit', 'values at the limit'],
];

const outcomeOf = (name: string): Outcome => {
  if (HARMLESS.includes(name)) return 'passes';
  return name === 'URIs of compatibility characters' ? FORBIDDEN : INVALID;
};

const BODIES: Attack[] = [...WORST_BODIES].map(([name, body]) => post(name, body, outcomeOf(name)));

/** The work for one request is bounded: what would take longer is denied. */
export function expensiveBodies(ground: () => Ground): void {
  describe('bodies that are meant to take long', () => {
    itHolds(ground, BODIES);

    it('those that are too large are counted by Envoy, or have a line in the audit log', async () => {
      const at = ground();
      const counter = 'http.mcp.downstream_rq_too_large';
      const count = async () => {
        const text = await askAdmin(
          join(at.gateway.stateDir, 'run', 'admin.sock'),
          'GET',
          `/stats?filter=^${counter}$`,
        );
        const log = readFileSync(join(at.gateway.stateDir, 'audit.log'), 'utf8');
        return Number(text.split(': ')[1]) + log.split('"body-too-large"').length - 1;
      };
      const before = await count();
      for (let n = 0; n < 3; n += 1) {
        expect((await at.call({ body: ' '.repeat(2 ** 20 + 1) })).status).to.equal(413);
      }
      await eventually(count, (after) => after === before + 3);
    });
  });
}
