import { expect } from 'chai';
import { requiredScenarios, runSuite } from '../conformance/suite.ts';
import { startTokenShim, type TokenShim } from '../conformance/token-shim.ts';
import { startGateway } from '../support/gateway.ts';

const REVISION = '2025-11-25';

describe('the conformance suite with a stdio server', function () {
  this.timeout(180_000);

  let gateway: Awaited<ReturnType<typeof startGateway>>;
  let shim: TokenShim;

  before(async () => {
    gateway = await startGateway({
      backends: {
        conformance: {
          name: 'conformance',
          transport: 'stdio',
          command: [process.execPath, 'test/fixtures/conformance-stdio/main.ts'],
          replicas: 2,
        },
      },
    });
    const { origin, pathname } = new URL(gateway.backendUrl('conformance'));
    shim = await startTokenShim({ target: origin, path: pathname, token: await gateway.token() });
  });
  after(async () => {
    await shim?.stop();
    await gateway?.stop();
  });

  it(`passes every required scenario of ${REVISION} through bridge and gateway, without a warning`, async () => {
    const results = await runSuite(shim.url, REVISION, 150_000);
    const wanting = (await requiredScenarios(REVISION)).flatMap((scenario) => {
      const checks = results.get(scenario);
      if (checks === undefined || checks.length === 0) return [`${scenario}: did not run`];
      return checks
        .filter(({ status }) => status === 'FAILURE' || status === 'WARNING')
        .map(({ id, status, errorMessage }) => `${scenario}: ${id}: ${status}: ${errorMessage}`);
    });
    expect(wanting).to.deep.equal([]);
  });
});
