import { expectGolden } from '../support/golden.ts';
import { renderText, VALUE_FILES } from './chart-render.ts';

const BUILD_TIMEOUT_MS = 15 * 60_000;
const { minimal = '', everything = '', 'redis-tls': redis = '', 'existing-secrets': secrets = '' } = VALUE_FILES;

/** What each golden file is rendered with. */
const CASES: Readonly<Record<string, { values: string; set?: string[] }>> = {
  defaults: { values: minimal },
  everything: { values: everything },
  'external-redis': { values: redis },
  tls: { values: minimal, set: ['tls.secretName=mcp-example-com'] },
  'existing-secrets': { values: secrets },
};

describe('the rendered chart', function () {
  this.timeout(BUILD_TIMEOUT_MS);
  for (const [name, { values, set }] of Object.entries(CASES)) {
    it(name, async () => {
      expectGolden(`chart/${name}.yaml`, await renderText(values, set === undefined ? {} : { set }));
    });
  }
});
