import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import fc from 'fast-check';
import { parse } from 'yaml';
import { allBut, SERVER_HEADERS } from '../../../core/lane/server-headers.ts';
import { ENVOY_CONFIG_FILE } from '../../../envoy/bootstrap.ts';

const NAMES = Object.keys(SERVER_HEADERS);
// RE2 matches the whole name.
const whole = (pattern: string) => new RegExp(`^(?:${pattern})$`);

describe('core/lane/server-headers', () => {
  it('is what envoy.yaml keeps', () => {
    const patterns = JSON.stringify(parse(readFileSync(ENVOY_CONFIG_FILE, 'utf8'), { maxAliasCount: 100 }));
    expect(patterns).to.include(
      `"response_mutations":[{"remove_on_match":{"key_matcher":{"safe_regex":{"regex":${JSON.stringify(allBut(NAMES))}}}}}]`,
    );
  });

  it('matches every text but the names', () => {
    const name = fc.stringMatching(/^[a-c:_-]{0,5}$/);
    fc.assert(
      fc.property(
        fc.uniqueArray(
          name.filter((one) => one !== ''),
          { minLength: 1, maxLength: 8 },
        ),
        fc.array(name),
        (names, others) => {
          const pattern = whole(allBut(names));
          const texts = [...others, ...names, ...names.flatMap((one) => [`${one}a`, one.slice(0, -1), `-${one}`])];
          for (const text of texts) expect(pattern.test(text), text).to.equal(!names.includes(text));
        },
      ),
    );
    const pattern = whole(allBut(NAMES));
    for (const known of NAMES) {
      expect(pattern.test(known), known).to.equal(false);
      for (const text of [known.slice(0, -1), `${known}s`, ` ${known}`, known.replace('-', '_').toUpperCase()]) {
        expect(pattern.test(text), text).to.equal(true);
      }
    }
  });
});
