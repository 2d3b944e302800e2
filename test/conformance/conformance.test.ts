import { expect } from 'chai';
import { compareResults } from './compare.ts';
import { type Fixture, startFixture } from './fixture.ts';
import { type Revision, requiredScenarios, runSuite, type SuiteResult } from './suite.ts';
import { startTokenShim } from './token-shim.ts';

const REVISIONS: Revision[] = ['2025-11-25', '2026-07-28'];

for (const revision of REVISIONS) {
  describe(`the conformance suite, ${revision}, without a gateway`, function () {
    this.timeout(120_000);

    let fixture: Fixture;
    let direct: SuiteResult;

    before(async () => {
      fixture = await startFixture();
      direct = await runSuite(`${fixture.origin}/mcp`, revision);
    });
    after(() => fixture?.stop());

    it('passes every required scenario, without a warning', async () => {
      const failures = (await requiredScenarios(revision)).flatMap((scenario) => {
        const checks = direct.get(scenario);
        if (checks === undefined || checks.length === 0) return [`${scenario}: did not run`];
        return checks
          .filter(({ status }) => status === 'FAILURE' || status === 'WARNING')
          .map(({ id, status, errorMessage }) => `${scenario}: ${id}: ${status}: ${errorMessage}`);
      });
      expect(failures).to.deep.equal([]);
    });

    it('has the same results through the token shim', async () => {
      const shim = await startTokenShim({ target: fixture.origin, path: '/mcp', token: 'unused' });
      try {
        expect(compareResults(direct, await runSuite(shim.url, revision))).to.deep.equal([]);
      } finally {
        await shim.stop();
      }
    });
  });
}
