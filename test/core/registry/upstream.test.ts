import { expect } from 'chai';
import fc from 'fast-check';
import {
  identityValue,
  type UpstreamAuth,
  upstreamAuthSchema,
  upstreamHeader,
} from '../../../core/registry/upstream.ts';

const auth = (document: object): UpstreamAuth => upstreamAuthSchema.parse({ file: 'f', ...document });
const BEARER = auth({ type: 'bearer' });
const BASIC = auth({ type: 'basic', username: 'bot' });
const HEADER = auth({ type: 'header', header: 'X-Api-Key' });

describe('core/registry/upstream', () => {
  it('makes the header of each kind of credential', () => {
    expect(upstreamHeader(BEARER, 'abc\n')).to.deep.equal({ name: 'authorization', value: 'Bearer abc' });
    expect(upstreamHeader(HEADER, ' abc ')).to.deep.equal({ name: 'x-api-key', value: 'abc' });
    const value = `Basic ${Buffer.from('bot:pä ss').toString('base64')}`;
    expect(upstreamHeader(BASIC, 'pä ss\r\n')).to.deep.equal({ name: 'authorization', value });
  });

  for (const text of ['', ' \n', 'a\nb', 'a\0b', 'ä', 'x'.repeat(8_193)]) {
    it(`makes no header of ${JSON.stringify(text.slice(0, 10))}`, () => {
      expect(upstreamHeader(BEARER, text)).to.equal(undefined);
      expect(upstreamHeader(HEADER, text)).to.equal(undefined);
    });
  }

  for (const header of [
    'Host',
    'content-length',
    'Mcp-Session-Id',
    'X-MCP-Lane',
    'x-envoy-retry-on',
    'Transfer-Encoding',
    'a b',
    '',
    ':path',
  ]) {
    it(`rejects the header ${JSON.stringify(header)}`, () => {
      expect(upstreamAuthSchema.safeParse({ type: 'header', header, file: 'f' }).success).to.equal(false);
    });
  }

  it('rejects incomplete credentials', () => {
    for (const document of [
      {},
      { type: 'bearer' },
      { type: 'basic', file: 'f' },
      { type: 'basic', username: 'a:b', file: 'f' },
      { type: 'digest', file: 'f' },
      { type: 'bearer', file: 'f', token: 'x' },
    ]) {
      expect(upstreamAuthSchema.safeParse(document).success, JSON.stringify(document)).to.equal(false);
    }
  });

  it('encodes any identity as a header that can be decoded again', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme', minLength: 1 }), { minLength: 1 }), (texts) => {
        const value = identityValue(texts);
        expect(value).to.match(/^[\x21-\x7e]*$/);
        expect(value.split(',').map(decodeURIComponent)).to.deep.equal(texts);
      }),
    );
    expect(identityValue([])).to.equal('');
    expect(identityValue(['\ud800'])).to.equal('%EF%BF%BD');
  });
});
