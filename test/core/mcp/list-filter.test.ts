import { expect } from 'chai';
import fc from 'fast-check';
import { MAX_DEPTH } from '../../../core/mcp/json-scan.ts';
import { applyEdits, type Filtered, filterLists as filterInSlices } from '../../../core/mcp/list-filter.ts';
import { MAX_ENTRIES, MAX_MESSAGES, type MaySee } from '../../../core/mcp/list-filter-scan.ts';
import { Effort, finish, SLICE_EFFORT } from '../../../core/mcp/sliced.ts';

const EVERYTHING: MaySee = () => true;
/** Everything except names that start with secret. */
const PUBLIC: MaySee = (_kind, name) => !name.startsWith('secret');

function filterLists(text: string, maySee: MaySee): Filtered {
  return finish(filterInSlices(Buffer.from(text), maySee, new Effort()));
}

/** The filtered text. Throws if the text is rejected. */
function left(text: string, maySee = PUBLIC): string {
  const filtered = filterLists(text, maySee);
  if (filtered.kind === 'rejected') throw new Error(filtered.reason);
  return filtered.kind === 'same' ? text : Buffer.concat(applyEdits(Buffer.from(text), filtered.edits)).toString();
}

const answer = (result: string) => `{"jsonrpc":"2.0","id":1,"result":${result}}`;

describe('core/mcp/list-filter', () => {
  it('removes what the caller may not see, without a trace', () => {
    const tools = [{ name: 'secret_a', description: 'x' }, { name: 'b' }, { name: 'secret_c' }, { name: 'd' }];
    const text = JSON.stringify({ jsonrpc: '2.0', id: 1, result: { tools, nextCursor: 'more' } });
    expect(left(text)).to.equal(
      '{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"b"},{"name":"d"}],"nextCursor":"more"}}',
    );
  });

  it('recognizes each list, and the names in it, by their keys', () => {
    const asked: string[] = [];
    const maySee: MaySee = (kind, name) => {
      asked.push(`${kind} ${name}`);
      return false;
    };
    const result = `{"tools":[{"name":"t","uri":"x"}],"prompts":[{"name":"p"}],"resources":[{"name":"x","uri":"a://r"}],
      "resourceTemplates":[{"name":"x","uriTemplate":"a://{t}"}]}`;
    expect(left(answer(result), maySee)).to.equal(
      answer('{"tools":[],"prompts":[],"resources":[],\n      "resourceTemplates":[]}'),
    );
    expect(asked).to.deep.equal(['tools t', 'prompts p', 'resources a://r', 'resources a://{t}']);
  });

  it('preserves big integers, white space, escapes and the order of keys', () => {
    const kept = '{ "b" : 12345678901234567890,\t"a":1.0e+5, "name" : "\\u0061\\/" ,"x":"\\ud83d\\ude00 ä"  }';
    const text = ` {"id" :12345678901234567890,"result": {"tools" :[\r\n {"name":"secret"} ,  ${kept}\t,{"name":"secret"}\n] } } \n`;
    expect(left(text)).to.equal(` {"id" :12345678901234567890,"result": {"tools" :[\r\n ${kept}\n] } } \n`);
    expect(filterLists(text, EVERYTHING)).to.deep.equal({ kind: 'same' });
  });

  it('reads a name as clients do', () => {
    expect(left(answer('{"tools":[{"na\\u006de":"\\u0073ecret"}]}'))).to.equal(answer('{"tools":[]}'));
    expect(left(answer('{"\\u0074ools":[{"name":"secret"}]}'))).to.equal(answer('{"\\u0074ools":[]}'));
  });

  it('cuts an entry without a name, or with an ambiguous one', () => {
    for (const entry of [
      '{}',
      'null',
      '1',
      '"name"',
      '[]',
      '[{"name":"a"}]',
      '{"name":1}',
      '{"name":["a"]}',
      '{"name":{"name":"a"}}',
      '{"Name":"a"}',
      '{"name":"a","name":"a"}',
      '{"name":"a","NAME":"b"}',
      '{"name":"\\ud800"}',
      '{"uri":"a"}',
    ]) {
      expect(left(answer(`{"tools":[{"name":"a"},${entry}]}`), EVERYTHING), entry).to.equal(
        answer('{"tools":[{"name":"a"}]}'),
      );
    }
  });

  it('filters every message of a batch, but only lists in results', () => {
    const tools = '{"tools":[{"name":"secret"}]}';
    expect(left(`[${answer(tools)}, ${answer('{"prompts":[{"name":"secret"}]}')}]`)).to.equal(
      `[${answer('{"tools":[]}')}, ${answer('{"prompts":[]}')}]`,
    );
    for (const text of [
      `{"jsonrpc":"2.0","id":1,"method":"sampling/createMessage","params":${tools}}`,
      `{"jsonrpc":"2.0","id":1,"error":{"code":1,"data":${tools}}}`,
      answer(`{"structuredContent":${tools}}`),
      answer(`[${tools}]`),
      answer('{"tools":null,"content":[]}'),
      answer('{"tools":0,"prompts":false}'),
      answer('{"tools":[]}'),
      '1',
      'null',
      '[]',
      '[1,null]',
    ]) {
      expect(
        filterLists(text, () => false),
        text,
      ).to.deep.equal({ kind: 'same' });
    }
  });

  it('makes a list private to its caller', () => {
    const listed = (scope: string) => answer(`{"cacheScope" : ${scope},"ttlMs":5,"tools":[{"name":"a"}]}`);
    expect(left(listed('"public"'))).to.equal(listed('"private"'));
    expect(left(listed('"p\\u0075blic"'))).to.equal(listed('"private"'));
    expect(left(listed('"PUBLIC"'))).to.equal(listed('"private"'));
    for (const scope of ['"private"', 'null', '1']) expect(left(listed(scope)), scope).to.equal(listed(scope));
    const both = (scope: string, prompts: string, tools: string) =>
      answer(`{"prompts":[${prompts}],"cacheScope":"${scope}","tools":[${tools}]}`);
    const secret = '{"name":"secret"}';
    expect(left(both('public', secret, secret))).to.equal(both('private', '', ''));
    for (const other of ['{"contents":[],"cacheScope":"public"}', '{"tools":null,"cacheScope":"public"}']) {
      expect(left(answer(other))).to.equal(answer(other));
    }
  });

  describe('rejects', () => {
    const list = '[{"name":"a"}]';
    for (const [what, text] of [
      ['what is not JSON', '{"result":'],
      ['two values', `${answer(`{"tools":${list}}`)} {}`],
      ['a comment', answer(`{"tools":${list} /* */}`)],
      ['a trailing comma', answer(`{"tools":[{"name":"a"},]}`)],
      ['a byte order mark', `\ufeff${answer(`{"tools":${list}}`)}`],
      ['nothing', ''],
      ['two lists of tools', answer(`{"tools":${list},"tools":${list}}`)],
      ['two lists of tools, one of them escaped', answer(`{"tools":${list},"t\\u006fols":${list}}`)],
      ['tools in another case', answer(`{"Tools":${list}}`)],
      ['tools with a long s', answer(`{"tool\u017f":${list}}`)],
      ['templates in another case', answer('{"resourcetemplates":[]}')],
      ['two results', `{"id":1,"result":{},"result":{"tools":${list}}}`],
      ['a result in another case', `{"id":1,"Result":{"tools":${list}}}`],
      ['two scopes', answer('{"cacheScope":"private","cacheScope":"public"}')],
      ['tools that are an object', answer('{"tools":{"a":{"name":"a"}}}')],
      ['tools that are a string', answer('{"tools":"[]"}')],
      ['a batch within a batch', `[[${answer(`{"tools":${list}}`)}]]`],
      ['text that is nested too deep', answer('['.repeat(MAX_DEPTH) + ']'.repeat(MAX_DEPTH))],
      ['more entries than any server lists', answer(`{"tools":[${'{},'.repeat(MAX_ENTRIES)}{}]}`)],
      ['more messages than any server sends', `[${'{},'.repeat(MAX_MESSAGES)}{}]`],
      ['text that is nested far too deep', '['.repeat(200_000) + ']'.repeat(200_000)],
    ] as const) {
      it(what, () => {
        expect(filterLists(text, EVERYTHING).kind).to.equal('rejected');
      });
    }
  });

  it('ignores duplicates of keys that do not affect lists', () => {
    const text = answer(
      '{"tools":[{"name":"a","title":1,"Title":2,"title":3,"inputSchema":{"type":1,"type":2}}],"x":1,"x":2}',
    );
    expect(filterLists(text, EVERYTHING)).to.deep.equal({ kind: 'same' });
    const deep = '['.repeat(MAX_DEPTH - 2) + ']'.repeat(MAX_DEPTH - 2);
    expect(filterLists(answer(`{"x":${deep}}`), EVERYTHING)).to.deep.equal({ kind: 'same' });
  });

  it('names the requests that a rejected text answers', () => {
    const twice = '"result":{"tools":[],"tools":[]}';
    const idsOf = (text: string) => {
      const filtered = filterLists(text, EVERYTHING);
      return filtered.kind === 'rejected' ? filtered.ids : undefined;
    };
    expect(idsOf(`{"id":7,${twice}}`)).to.deep.equal([7]);
    expect(idsOf(`{"id":"a",${twice}}`)).to.deep.equal(['a']);
    expect(idsOf(`{"id":12345678901234567890,${twice}}`)).to.deep.equal([12345678901234567890n]);
    expect(idsOf(`{"id":null,${twice}}`)).to.deep.equal([]);
    expect(idsOf(`{${twice},"id":7}`)).to.deep.equal([]);
    expect(idsOf(`[{"id":1,"result":{}},{"id":2,"method":"ping"},{"id":3,${twice}}]`)).to.deep.equal([1, 3]);
    expect(idsOf('{"id":1')).to.deep.equal([]);
    expect(idsOf(`{"id":${'9'.repeat(1_000)},${twice}}`)).to.deep.equal([]);
  });

  it('cuts any subset of a list and keeps all other bytes', () => {
    const space = fc.string({ unit: fc.constantFrom(' ', '\t', '\r', '\n'), maxLength: 3 });
    const entry = fc.record({
      before: space,
      after: space,
      stays: fc.boolean(),
      more: fc.json({ maxDepth: 2 }),
    });
    const list = fc.record({
      key: fc.constantFrom('tools', 'prompts', 'resources', 'resourceTemplates'),
      entries: fc.array(entry, { maxLength: 6 }),
      inner: space,
    });
    const nameKeys: Record<string, string> = {
      tools: 'name',
      prompts: 'name',
      resources: 'uri',
      resourceTemplates: 'uriTemplate',
    };
    fc.assert(
      fc.property(list, fc.json(), fc.json(), ({ key, entries, inner }, head, tail) => {
        const texts = entries.map(({ stays, more }, at) => ({
          ...entries[at],
          stays,
          text: `{"more":${more},"${nameKeys[key]}":"${stays ? 'x' : 'secret'}${at}"}`,
        }));
        const whole = texts.map(({ before, text, after }) => `${before}${text}${after}`).join(',');
        const text = `{"head":${head},"result":{"${key}":[${entries.length === 0 ? inner : whole}],"tail":${tail}},"id":1}`;
        const kept = texts.flatMap((one, at) => (one.stays ? [{ ...one, spaceBefore: texts[at - 1]?.after }] : []));
        // An entry is cut with the comma before it, so the space after the last cut entry stays.
        const between = kept.map(({ before, text, spaceBefore }, at) =>
          at === 0 ? text : `${spaceBefore},${before}${text}`,
        );
        const list = entries.length === 0 ? inner : `${texts[0]?.before}${between.join('')}${texts.at(-1)?.after}`;
        expect(left(text)).to.equal(`{"head":${head},"result":{"${key}":[${list}],"tail":${tail}},"id":1}`);
      }),
      { numRuns: 1_000 },
    );
  });

  it('takes for JSON what JSON.parse does', () => {
    const piece = fc.constantFrom(
      ...[
        '{',
        '}',
        '[',
        ']',
        ',',
        ':',
        '"a"',
        '"\\u00e9"',
        '"\\u00g0"',
        '"\\x"',
        '"\t"',
        '"\u007f"',
        '"',
        '\\',
        ' ',
        '\n',
        '\f',
      ],
      ...['0', '-0', '01', '-', '1.5', '1.', '.5', '1e5', '1E+5', '1e', '-1.5e-3', '+1', 'true', 'false', 'null'],
      ...['nul', 'truefalse', 'NaN', '\u00a0', '\ufeff', "'a'", '//', '\u2028', '😀'],
    );
    const texts = fc.oneof(
      fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join('')),
      fc.tuple(fc.json(), fc.nat(), fc.nat(2), piece).map(([json, at, gone, more]) => {
        const start = at % (json.length + 1);
        return json.slice(0, start) + more + json.slice(start + gone);
      }),
    );
    const isJson = (text: string) => {
      try {
        JSON.parse(text);
        return true;
      } catch {
        return false;
      }
    };
    fc.assert(
      fc.property(texts, (text) => {
        const filtered = filterLists(`{"a":${text}}`, EVERYTHING);
        const invalid = filtered.kind === 'rejected' && filtered.reason === 'not valid JSON';
        expect(invalid).to.equal(!isJson(`{"a":${text}}`));
      }),
      { numRuns: 20_000 },
    );
  });

  describe('pauses', () => {
    /** Names that are compared between two pauses, for each slice. */
    const slicesOf = (text: string, maySee: MaySee = EVERYTHING) => {
      const names: number[] = [0];
      const work = filterInSlices(
        Buffer.from(text),
        (kind, name) => {
          names.push((names.pop() ?? 0) + 1);
          return maySee(kind, name);
        },
        new Effort(),
      );
      for (;;) {
        const { done, value } = work.next();
        if (done === true) return { names, filtered: value };
        names.push(0);
      }
    };
    const slices = (bytes: number) => bytes / SLICE_EFFORT;
    const BYTES = 4 << 20;
    const long = (unit: string) => unit.repeat(BYTES / unit.length);

    for (const [what, text] of [
      ['in white space', `${long(' ')}{}`],
      ['in a string', `"${long('a')}"`],
      ['in a string of escapes', `"${long('\\u0041')}"`],
      ['in a string of quotes', `"${long('\\"')}"`],
      ['in a key', `{"${long('a')}":1}`],
      ['in small values', `[${long('0,')}0]`],
      ['in a schema', answer(`{"tools":[{"name":"a","inputSchema":[${long('[],')}1]}]}`)],
    ] as const) {
      it(what, () => expect(slicesOf(text).names.length).to.be.greaterThan(slices(BYTES) - 2));
    }

    it('in names that take long to compare', () => {
      const uris = Array.from({ length: 20_000 }, (_, index) => `{"uri":"file:///a/${index}%20b"}`);
      const { names } = slicesOf(answer(`{"resources":[${uris.join(',')}]}`));
      expect(Math.max(...names)).to.be.lessThan(100);
      expect(names.reduce((sum, count) => sum + count)).to.equal(20_000);
    });

    it('and stops at names that take too long together', () => {
      const uri = `{"uri":"file:///%20${'a'.repeat(1_500)}"}`;
      const { filtered } = slicesOf(answer(`{"resources":[${Array(10_000).fill(uri).join(',')}]}`), () => true);
      expect(filtered).to.deep.include({ reason: 'the names in its lists are too many or too long', ids: [1] });
    });

    it('no more often than needed', () => {
      const tools = Array.from({ length: 200 }, (_, index) => `{"name":"tool_${index}","description":"x"}`);
      expect(slicesOf(answer(`{"tools":[${tools.join(',')}]}`)).names).to.have.length(2);
    });
  });

  it('returns JSON that is equal except for what was cut', () => {
    const message = fc.record({
      id: fc.integer(),
      result: fc.record({
        tools: fc.array(fc.record({ name: fc.constantFrom('a', 'secret', 'b'), x: fc.jsonValue() })),
        other: fc.jsonValue(),
      }),
    });
    fc.assert(
      fc.property(fc.array(message), fc.constantFrom('', ' ', '\n\t'), (batch, indent) => {
        const expected = batch.map(({ id, result }) => ({
          id,
          result: { ...result, tools: result.tools.filter(({ name }) => name !== 'secret') },
        }));
        const text = JSON.stringify(batch, null, indent);
        expect(JSON.parse(left(text))).to.deep.equal(JSON.parse(JSON.stringify(expected)));
      }),
      { numRuns: 500 },
    );
  });
});
