import { expect } from 'chai';
import { type Answer, parse } from '../../fixtures/replica-server/client.ts';
import { CREDENTIAL, type Ground } from './set-up.ts';

/** What an attack must get. `passes` is for requests that only look like attacks. */
export type Outcome = readonly [status: number, code?: number] | 'passes';

/** No token, or an invalid one. */
export const UNAUTHORIZED: Outcome = [401, -32010];
/** Host, Origin, tenant, tool, prompt or resource. */
export const FORBIDDEN: Outcome = [403, -32011];
export const NO_SUCH_SERVER: Outcome = [404, -32012];
export const NO_SUCH_SESSION: Outcome = [404, -32001];
export const INVALID: Outcome = [400, -32600];
export const NOT_JSON: Outcome = [400, -32700];
/** A header that disagrees with the body. */
export const MISMATCH: Outcome = [400, -32020];
export const WRONG_TYPE: Outcome = [415, -32000];
/** Denied by Envoy itself. */
export const MALFORMED: Outcome = [400, -32000];

/** An attack, and the expected outcome. */
export type Attack = readonly [what: string, send: (ground: Ground) => Promise<Answer>, outcome: Outcome];

/**
 * Makes a test of each attack: it gets its status and code, and nothing reaches a server unless it passes. A request that passes arrives
 * once, and only at a server that the caller may use.
 */
export function itHolds(ground: () => Ground, attacks: readonly Attack[]): void {
  for (const [what, send, outcome] of attacks) {
    const [status, code] = outcome === 'passes' ? [200] : outcome;
    it(`${what}: ${status}${code === undefined ? '' : `, ${code}`}`, async () => {
      const at = ground();
      const [before, beyond] = [at.arrived(), at.far.requests];
      const answer = await send(at);
      expect({ status: answer.status, code: codeOf(answer) }, answer.body.slice(0, 500)).to.deep.equal({
        status,
        code,
      });
      expect(at.arrived(), 'requests that arrived').to.equal(outcome === 'passes' ? before + 1 : before);
      expect(at.far.requests, 'requests that went too far').to.equal(beyond);
      if (outcome !== 'passes') expect(JSON.stringify(answer), 'the answer').to.not.include(CREDENTIAL);
    });
  }
}

/** A response without the parts that differ each time. */
export function alike({ status, headers, body }: Answer) {
  const { date: _, 'x-request-id': __, ...rest } = headers;
  return { status, headers: rest, body };
}

function codeOf(answer: Answer): number | undefined {
  if (answer.headers['content-type'] !== 'application/json') return undefined;
  const { jsonrpc, error } = parse(answer);
  expect(jsonrpc).to.equal('2.0');
  return error?.code;
}
