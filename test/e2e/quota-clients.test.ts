import { expect } from 'chai';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { quotas, tenantsWith } from './clients/quota.ts';
import { answersOfQuotas } from './clients/quota-answers.ts';

describe('clients and quotas', function () {
  this.timeout(60_000);
  let gateway: TestGateway;

  before(async () => {
    const fixture = (name: string) => [process.execPath, `test/fixtures/${name}/main.ts`];
    gateway = await startGateway({
      // One process counts exactly without Redis.
      workers: 1,
      backends: {
        conformance: { name: 'conformance', command: fixture('conformance-server') },
        replica: { name: 'replica', command: fixture('replica-server') },
      },
      tenants: tenantsWith([]),
    });
  });
  after(() => gateway?.stop());

  answersOfQuotas(() => gateway);
  quotas(() => gateway);

  it('leave no warnings in the log', () => {
    expect(gateway.log.filter(({ level, name }) => level >= 40 && name.startsWith('ext-authz'))).to.deep.equal([]);
  });
});
