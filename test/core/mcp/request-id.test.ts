import { expect } from 'chai';
import fc from 'fast-check';
import { scanJson } from '../../../core/mcp/json-scan.ts';
import { requestIdOf } from '../../../core/mcp/request-id.ts';

const idIn = (text: string) => requestIdOf(JSON.parse(text), scanJson(text).id);

describe('core/mcp/request-id', () => {
  it('is null for anything but a request', () => {
    expect(idIn('{"id":1,"method":"a"}')).to.equal(1);
    expect(idIn('{"id":"a","method":"a"}')).to.equal('a');
    expect(requestIdOf(undefined, undefined)).to.equal(null);
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

  it('keeps every digit, whatever other members are named id', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }), (id) => {
        const text = `{"params":{"id":7,"a":[{"id":8}]},"id":${id},"method":"a"}`;
        expect(BigInt(idIn(text) ?? 'none')).to.equal(id);
      }),
    );
    expect(idIn('{"id":9007199254740993,"params":{"id":1},"method":"a"}')).to.equal(9007199254740993n);
  });

  it('is the last of two, as for the parser', () => {
    expect(idIn('{"id":1,"method":"a","id":18446744073709551615}')).to.equal(18446744073709551615n);
  });

  it('is null for a large number in exponential notation', () => {
    expect(idIn('{"id":1e300,"method":"a"}')).to.equal(null);
  });
});
