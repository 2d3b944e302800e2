import { expect } from 'chai';
import fc from 'fast-check';
import { requestIdOf } from '../../../core/mcp/request-id.ts';

const idIn = (text: string) => requestIdOf(JSON.parse(text), text);

describe('core/mcp/request-id', () => {
  it('is there only where it is a request', () => {
    expect(idIn('{"id":1,"method":"a"}')).to.equal(1);
    expect(idIn('{"id":"a","method":"a"}')).to.equal('a');
    expect(requestIdOf(undefined, '')).to.equal(null);
    for (const text of [
      'null',
      '"id"',
      '5',
      '[]',
      '[{"id":1,"method":"a"}]',
      '{"id":1}',
      '{"method":"a"}',
      '{"id":{},"method":"a"}',
      '{"id":true,"method":"a"}',
    ]) {
      expect(idIn(text), text).to.equal(null);
    }
  });

  it('keeps every digit, whatever else is called id', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }), (id) => {
        const text = `{"params":{"id":7,"a":[{"id":8}]},"id":${id},"method":"a"}`;
        expect(BigInt(idIn(text) ?? 'none')).to.equal(id);
      }),
    );
    expect(idIn('{"id":9007199254740993,"params":{"id":1},"method":"a"}')).to.equal(9007199254740993n);
  });

  it('takes the last of two, as the parser does', () => {
    expect(idIn('{"id":1,"method":"a","id":18446744073709551615}')).to.equal(18446744073709551615n);
  });

  it('has no digits to keep where it is written as a power', () => {
    expect(idIn('{"id":1e300,"method":"a"}')).to.equal(null);
  });
});
