import { expect } from 'chai';
import fc from 'fast-check';
import { MAX_DEPTH, MAX_MEMBERS, MAX_VALUES } from '../../../core/mcp/json-scan.ts';
import { AmbiguousJson, parseStrictly } from '../../../core/mcp/strict-json.ts';

function rejection(text: string): { invalid: boolean; message: string } {
  try {
    parseStrictly(text);
  } catch (error) {
    if (error instanceof AmbiguousJson) return { invalid: error.invalid, message: error.message };
    throw error;
  }
  throw new Error(`accepted: ${text}`);
}

const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

describe('core/mcp/strict-json', () => {
  it('reads what JSON.parse reads, with the same value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.constantFrom(undefined, 1, '\t'), (value, indent) => {
        const text = JSON.stringify(value, undefined, indent);
        expect(parseStrictly(text).value).to.deep.equal(JSON.parse(text));
      }),
    );
  });

  it('rejects what JSON.parse rejects', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '1',
      '-',
      '.5',
      'null',
      '\\',
      '"',
      '//',
      '\u0000',
      ' ',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const text = pieces.join('');
        let sound = true;
        try {
          JSON.parse(text);
        } catch {
          sound = false;
        }
        if (sound) return;
        expect(rejection(text).invalid).to.equal(true);
      }),
      { numRuns: 3_000 },
    );
  });

  for (const text of [
    '',
    '{',
    '{"a":1,}',
    '[1,]',
    '/* */{}',
    '{} {}',
    "{'a':1}",
    '{"a":NaN}',
    '\ufeff{}',
    '{"a":01}',
    '"\n"',
  ]) {
    it(`${JSON.stringify(text)} is not JSON`, () => expect(rejection(text).invalid).to.equal(true));
  }

  for (const text of [
    '{"method":"a","method":"b"}',
    '{"params":{"name":"a","name":"b"}}',
    '{"params":{"name":"a","n\\u0061me":"b"}}',
    '{"params":{"arguments":{"a":1,"a":1}}}',
    '[{"id":1},{"id":1,"id":2}]',
    '{"a":[[{"b":1,"b":2}]]}',
    '{"a":{"__proto__":1,"__proto__":2}}',
  ]) {
    it(`${text} has a duplicate key`, () => {
      const { invalid, message } = rejection(text);
      expect(invalid).to.equal(false);
      expect(message).to.match(/twice$/);
    });
  }

  for (const text of [
    '{"Method":"tools/call"}',
    '{"result":{},"METHOD":"x"}',
    '{"\u212a":1,"param\u017f":{}}',
    '[{"Params":{}}]',
    '{"params":{"Name":"a"}}',
    '{"params":{"tasKId":"a","taskid":"b"}}',
    '[{"params":{"name":"a","Name":"b"}}]',
    '{"params":{"ref":{"uri":"a","Uri":"b"}}}',
    '{"params":{"name":"a","NAME":"b"}}',
    '{"params":{"REF":{}}}',
    '{"params":{"ref":{"Type":"ref/prompt"}}}',
    '{"params":{"Notifications":{}}}',
    '{"params":{"notifications":{"resourcesubscriptions":[]}}}',
  ]) {
    it(`${text} has a member that another parser would read as one of the message`, () => {
      expect(rejection(text).message).to.match(/must be written/);
    });
  }

  for (const text of [
    '{"params":{"B":1,"b":2}}',
    '{"params":{"arguments":{"a":1,"A":2,"Method":3,"Name":4}}}',
    '{"params":{"notifications":{"resourceSubscriptions":[]},"other":{"Name":1}}}',
    '{"params":{"name":"a","arguments":{"name":"b"}}}',
    '{"result":{"Name":1,"name":2}}',
    '[{"a":1},{"a":1}]',
    '{"params":[{"name":1,"Name":2}]}',
  ]) {
    it(`${text} is unambiguous`, () => expect(parseStrictly(text).value).to.deep.equal(JSON.parse(text)));
  }

  it('rejects a prototype for a message, from which a copy would get members', () => {
    for (const text of ['{"__proto__":{"method":"a"}}', '[{"\\u005f_proto__":{}}]']) {
      expect(rejection(text).message).to.match(/"__proto__" is not allowed$/);
    }
  });

  it('rejects text that is nested too deep, however deep', () => {
    expect(parseStrictly(nested(MAX_DEPTH)).value).to.be.an('array');
    for (const depth of [MAX_DEPTH + 1, 400_000]) {
      expect(rejection(nested(depth)).message).to.equal(`the body has more than ${MAX_DEPTH} levels`);
      expect(rejection('{"a":'.repeat(depth)).message).to.equal(`the body has more than ${MAX_DEPTH} levels`);
    }
  });

  it('rejects more keys and values than it parses in a bounded time', () => {
    const zeros = (count: number) => `[${Array(count).fill('0').join(',')}]`;
    expect(parseStrictly(zeros(MAX_VALUES - 1)).value).to.have.length(MAX_VALUES - 1);
    const many = `the body has more than ${MAX_VALUES} keys and values`;
    expect(rejection(zeros(MAX_VALUES)).message).to.equal(many);
    expect(
      rejection(
        `[${Array(MAX_VALUES / 2)
          .fill('{"a":{}}')
          .join(',')}]`,
      ).message,
    ).to.equal(many);
    const members = (count: number) => `{${Array.from({ length: count }, (_, index) => `"k${index}":0`).join(',')}}`;
    expect(Object.keys(parseStrictly(members(MAX_MEMBERS)).value as object)).to.have.length(MAX_MEMBERS);
    expect(rejection(members(MAX_MEMBERS + 1)).message).to.equal(
      `the body has an object of more than ${MAX_MEMBERS} members`,
    );
  });

  it('finds a duplicate however many keys there are, and however they are written', () => {
    const key = fc.string({ unit: fc.constantFrom('a', 'b', '\\', '"', 'é', '{', ':', ',') });
    const spell = (text: string) => JSON.stringify(text).replace('a', '\\u0061');
    fc.assert(
      fc.property(fc.uniqueArray(key, { maxLength: 20 }), fc.nat(), fc.boolean(), (keys, at, twice) => {
        const again = keys[at % keys.length];
        const all = [
          ...keys.map((one) => JSON.stringify(one)),
          ...(twice && again !== undefined ? [spell(again)] : []),
        ];
        const text = `{"x":[{${all.map((one) => `${one}:{"y":1}`).join(' , ')}}]}`;
        if (twice && again !== undefined) expect(rejection(text).message).to.match(/twice$/);
        else expect(parseStrictly(text).value).to.deep.equal(JSON.parse(text));
      }),
    );
  });
});
