import { SDK1, SDK2_AUTO, SDK2_LEGACY } from '../support/clients.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { legacyFeatures } from './clients/legacy-features.ts';
import { sessionEnds } from './clients/session-ends.ts';
import { brokenAndCancelledCalls } from './clients/streams.ts';

describe('the official clients through the gateway, with stdio servers', function () {
  this.timeout(60_000);
  let gateway: TestGateway;

  before(async () => {
    gateway = await startGateway({
      backends: {
        everything: {
          name: 'everything',
          transport: 'stdio',
          command: ['mcp-server-everything', 'stdio'],
          replicas: 2,
        },
        conformance: {
          name: 'conformance',
          transport: 'stdio',
          command: [process.execPath, 'test/fixtures/conformance-stdio/main.ts'],
        },
        feature: {
          name: 'feature',
          transport: 'stdio',
          command: [process.execPath, 'test/fixtures/feature-stdio/main.ts'],
          replicas: 2,
        },
      },
    });
  });
  after(() => gateway?.stop());

  legacyFeatures(() => gateway);
  brokenAndCancelledCalls(() => gateway, [SDK1, SDK2_LEGACY, SDK2_AUTO]);
  sessionEnds(() => gateway);
});
