import { expect } from 'chai';
import { findResource } from '../../../local/issuer/resources.ts';

const ROOT = 'http://127.0.0.1:8080';
const BACKEND = `${ROOT}/everything/mcp`;

describe('findResource', () => {
  for (const [indicator, found] of [
    [ROOT, ROOT],
    [`${ROOT}/`, ROOT],
    [BACKEND, BACKEND],
    ['HTTP://127.0.0.1:8080/everything/mcp', BACKEND],
    [`${BACKEND}/`, undefined],
    [`${BACKEND}?x=1`, undefined],
    [`${ROOT}/everything`, undefined],
    [`${ROOT}/Everything/mcp`, undefined],
    ['http://127.0.0.1:8081', undefined],
    ['https://127.0.0.1:8080', undefined],
    ['not a url', undefined],
    ['', undefined],
  ] as const) {
    it(`finds ${found ?? 'nothing'} for ${JSON.stringify(indicator)}`, () => {
      expect(findResource(indicator, [ROOT, BACKEND])).to.equal(found);
    });
  }

  it('returns the spelling of the gateway, which the gateway compares tokens with', () => {
    expect(findResource(ROOT, [`${ROOT}/`])).to.equal(`${ROOT}/`);
  });
});
