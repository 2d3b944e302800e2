import { startGateway, type TestGateway } from '../../support/gateway.ts';
import { legacyFeatures } from './legacy-features.ts';
import { logins } from './logins.ts';
import { modernFeatures } from './modern-features.ts';
import { sessionEnds } from './session-ends.ts';
import { stepUps } from './step-up.ts';
import { brokenAndCancelledCalls } from './streams.ts';
import { whatServersReceive } from './upstream.ts';

const fixture = (name: string) => [process.execPath, `test/fixtures/${name}/main.ts`];

// One gateway for all of it: starting one takes longer than most of the suites.
describe('the official clients through the gateway', function () {
  this.timeout(60_000);
  let gateway: TestGateway;

  before(async () => {
    gateway = await startGateway({
      backends: {
        everything: {
          name: 'everything',
          command: ['mcp-server-everything', 'streamableHttp'],
          replicas: 2,
          healthCheck: { type: 'tcp' },
        },
        conformance: { name: 'conformance', command: fixture('conformance-server'), replicas: 2 },
        guarded: {
          name: 'guarded',
          command: fixture('conformance-server'),
          scopes: [{ need: ['mcp'] }, { tools: ['test_image_*'], need: ['media.read'] }],
        },
        feature: { name: 'feature', command: fixture('feature-server'), replicas: 2 },
        echo: { name: 'echo', command: fixture('echo-server') },
      },
    });
  });
  after(() => gateway?.stop());

  legacyFeatures(() => gateway);
  modernFeatures(() => gateway);
  brokenAndCancelledCalls(() => gateway);
  sessionEnds(() => gateway);
  logins(() => gateway);
  stepUps(() => gateway);
  whatServersReceive(() => gateway);
});
