import { expect } from 'chai';
import { startGateway } from '../support/gateway.ts';
import { compareResults } from './compare.ts';
import { FIXTURE_PROGRAM, type Fixture, startFixture } from './fixture.ts';
import { type Revision, runSuite } from './suite.ts';
import { startTokenShim, type TokenShim } from './token-shim.ts';

const REVISIONS: Revision[] = ['2025-11-25', '2026-07-28'];

describe('the conformance suite through the gateway', function () {
  this.timeout(180_000);

  let fixture: Fixture;
  let gateway: Awaited<ReturnType<typeof startGateway>>;
  let shim: TokenShim;

  before(async () => {
    fixture = await startFixture();
    gateway = await startGateway({
      backends: {
        conformance: {
          name: 'conformance',
          command: [process.execPath, FIXTURE_PROGRAM],
          replicas: 2,
          healthCheck: { type: 'http', path: '/healthz' },
        },
      },
    });
    const { origin, pathname } = new URL(gateway.backendUrl('conformance'));
    shim = await startTokenShim({ target: origin, path: pathname, token: await gateway.token() });
  });
  after(async () => {
    await shim?.stop();
    await gateway?.stop();
    await fixture?.stop();
  });

  for (const revision of REVISIONS) {
    it(`has the same results as the server behind it, ${revision}`, async () => {
      const direct = await runSuite(`${fixture.origin}/mcp`, revision);
      expect(compareResults(direct, await runSuite(shim.url, revision))).to.deep.equal([]);
    });
  }
});
