import { expect } from 'chai';
import fc from 'fast-check';
import { filterLists } from '../../../core/mcp/list-filter.ts';
import { Effort, finish } from '../../../core/mcp/sliced.ts';
import { SseFilter } from '../../../core/mcp/sse-filter.ts';

const LIST = '{"id":1,"result":{"tools":[{"name":"a"},{"name":"secret"}],"n":12345678901234567890}}';
const CUT = '{"id":1,"result":{"tools":[{"name":"a"}],"n":12345678901234567890}}';

const newFilter = (maxEventBytes = 1 << 20) =>
  new SseFilter({
    filter: (data) => filterLists(data, (_kind, name) => name !== 'secret', new Effort()),
    instead: (reason, ids) => `instead of ${ids.join()}: ${reason}`,
    maxEventBytes,
    effort: new Effort(),
  });

/** The bytes that are passed on of a stream in these chunks. */
function pass(chunks: readonly (string | Buffer)[], maxEventBytes?: number): Buffer {
  const filter = newFilter(maxEventBytes);
  const passed = chunks.map((chunk) => finish(filter.push(Buffer.from(chunk))));
  return Buffer.concat([...passed, finish(filter.end())]);
}

const passText = (...chunks: string[]) => pass(chunks).toString();

/** The data of the events of a stream, read as the HTML Standard requires of clients. */
function eventsOf(stream: string): string[] {
  const events: string[] = [];
  let data: string[] = [];
  const lines = stream.replace(/^\ufeff/, '').split(/\r\n|\r|\n/);
  // Text after the last line end is not a line, and an incomplete event is not an event.
  for (const line of lines.slice(0, -1)) {
    const [, name = line, value = ''] = /^([^:]*):(.*)$/su.exec(line) ?? [];
    if (name === 'data') data.push(value.replace(/^ /, ''));
    if (line === '' && data.length > 0) events.push(data.join('\n'));
    if (line === '') data = [];
  }
  return events;
}

describe('core/mcp/sse-filter', () => {
  it('changes only data that lists what the caller may not see', () => {
    const other = ': hi\r\nid: 4\r\nevent: message\r\nretry:100\r\n';
    expect(passText(`${other}data: ${LIST}\r\n\r\ndata:{"method":"x"}\n\n`)).to.equal(
      `${other}data: ${CUT}\r\n\r\ndata:{"method":"x"}\n\n`,
    );
    expect(passText(`data:${LIST}\nid: 4\n: hi\nevent: message\n\n`)).to.equal(
      `data:${CUT}\nid: 4\n: hi\nevent: message\n\n`,
    );
  });

  for (const [name, end] of [
    ['LF', '\n'],
    ['CRLF', '\r\n'],
    ['CR', '\r'],
  ] as const) {
    it(`recognizes lines that end with ${name}`, () => {
      const text = (data: string) => [': a', 'id: 1', `data: ${data}`, '', 'data: 2', '', ''].join(end);
      expect(passText(text(LIST))).to.equal(text(CUT));
    });
  }

  it('passes on an event as soon as it is complete, and a heartbeat immediately', () => {
    const filter = newFilter();
    const push = (text: string) => finish(filter.push(Buffer.from(text))).toString();
    expect(push(': ping\n')).to.equal(': ping\n');
    expect(push('\n')).to.equal('\n');
    expect(push('id: 1\nda')).to.equal('id: 1\n');
    expect(push('ta: {}')).to.equal('');
    expect(push('\n')).to.equal('');
    expect(push('\n')).to.equal('data: {}\n\n');
    expect(push('data: {}\r\n\r')).to.equal('data: {}\r\n\r');
    expect(push('\n')).to.equal('\n');
    expect(push('data: {}\r\r')).to.equal('data: {}\r\r');
    expect(push('data: 1\n: ping\n')).to.equal('');
    expect(push('\n')).to.equal('data: 1\n: ping\n\n');
  });

  it('joins the data of several lines', () => {
    const lines = ['{"result":{"tools":[', '{"name":"secret"},', '{"name":"a"},', '{"name":', '"secret"}', ']}}'];
    const event = (these: string[]) => `${these.map((line) => `data: ${line}`).join('\n')}\nid: 1\n\n`;
    const gone = ':\n';
    expect(passText(event(lines))).to.equal(
      `data: {"result":{"tools":[\n${gone}data: {"name":"a"}\n${gone}${gone}data: ]}}\nid: 1\n\n`,
    );
    const mixed = `data: {"result":{"cacheScope":\nid: 1\ndata:"public","tools":[]\ndata\n: x\ndata: }}\n\n`;
    expect(passText(mixed)).to.equal(mixed.replace('"public"', '"private"'));
  });

  it('passes on an event without data', () => {
    for (const text of [
      'id: 1\ndata:\n\n',
      'id: 1\ndata: \n\n',
      'id: 1\ndata\n\n',
      'data:\ndata:\n\n',
      '\n\n',
      'id: 1\n\n',
    ]) {
      expect(passText(text)).to.equal(text);
    }
  });

  it('replaces unreadable data by an error', () => {
    expect(passText('id: 1\ndata: {"id":7,"result":{"tools":[],\ndata: "tools":[]}}\nevent: message\n\n')).to.match(
      /^id: 1\ndata: instead of 7: .* tools .*\n:\nevent: message\n\n$/,
    );
    expect(passText('data\ndata: nonsense\n\n')).to.equal('data: instead of : not valid JSON\n:\n\n');
    expect(passText('data: nonsense\n\ndata: {}\n\n')).to.equal('data: instead of : not valid JSON\n\ndata: {}\n\n');
    const invalid = Buffer.concat([Buffer.from('data: "'), Buffer.from([0xff]), Buffer.from('"\n\n')]);
    expect(pass([invalid]).toString()).to.equal('data: instead of : not UTF-8\n\n');
  });

  it('empties unknown fields, such as data in another case', () => {
    expect(passText(`Data: ${LIST}\n data: ${LIST}\nfoo\n${LIST}\nid: 1\n\n`)).to.equal(':\n:\n:\n:\nid: 1\n\n');
    expect(passText('id: 1\nfoo: a\r', '\nid: 2\n\n')).to.equal('id: 1\n:\r\nid: 2\n\n');
    expect(passText(`data: 1\rfoo: ${LIST}\n\n`)).to.equal('data: 1\r:\n\n');
  });

  it('keeps two line ends from becoming one when the line between them is removed', () => {
    const lines = (hidden: string) => `data: {"result":{"tools":[\r${hidden}\ndata: ]}}\r:\n\n`;
    expect(passText(lines('data: {"name":"secret"}'))).to.equal(lines(':'));
    expect(passText('data: {\rdata: x\n\n')).to.equal('data: instead of : not valid JSON\r:\n\n');
  });

  it('recognizes the first line after a byte order mark', () => {
    expect(passText(`\ufeffdata: ${LIST}\n\n`)).to.equal(`\ufeffdata: ${CUT}\n\n`);
    expect(passText(`data: 1\n\n\ufeffdata: ${LIST}\n\n`)).to.equal('data: 1\n\n:\n\n');
  });

  it('filters an event even if the stream ends in the middle of it', () => {
    expect(passText(`data: ${LIST}`)).to.equal(`data: ${CUT}`);
    expect(passText(`data: ${LIST}\n`)).to.equal(`data: ${CUT}\n`);
    expect(passText(`data: ${LIST.slice(0, -1)}`)).to.equal('data: instead of : not valid JSON');
    expect(passText(': ping')).to.equal(': ping');
  });

  describe('does not pass on an event that is too large', () => {
    const error = 'data: instead of : an event is too large';

    it('in one line', () => {
      const chunks = ['id: 1\nda', `ta: "${'x'.repeat(90)}`, 'x'.repeat(90), '"\nevent: message\n\ndata: {}\n\n'];
      expect(pass(chunks, 100).toString()).to.equal(`id: 1\n${error}\n\ndata: {}\n\n`);
    });
    it('in many lines', () => {
      const text = `${'data: 1\n'.repeat(20)}: x\r\n\r\ndata: {}\n\n`;
      expect(pass([text], 100).toString()).to.equal(`${error}\r\n\r\ndata: {}\n\n`);
    });
    it('in very many short ones', () => {
      expect(pass(['data\n'.repeat(70_000), '\ndata: {}\n\n']).toString()).to.equal(`${error}\n\ndata: {}\n\n`);
    });
    it('that is a comment', () => {
      expect(pass([`:${'x'.repeat(200)}`, '\n\n: y\n'], 100).toString()).to.equal(`${error}\n\n: y\n`);
    });
    it('that never ends', () => {
      expect(pass([`data: ${'x'.repeat(200)}`], 100).toString()).to.equal(`${error}\n`);
    });
  });

  it('passes on the same events, with the data that clients may see', () => {
    const pieces = [
      'data',
      'data:',
      'data: ',
      'Data:',
      ' data:',
      '\ufeff',
      ':',
      'id: 1',
      'event: x',
      'x:',
      'ä',
      '\0',
      '\u2028',
      ' ',
    ];
    const ends = ['\n', '\r', '\r\n', '\n\n', '\r\n\r\n', '\r\r'];
    const json = [
      LIST,
      LIST.slice(0, 30),
      LIST.slice(30),
      '{"id":1,',
      '"result":{"tools":[',
      '{"name":"secret"}',
      ']}}',
    ];
    const token = fc.oneof(fc.constantFrom(...pieces), fc.constantFrom(...ends), fc.constantFrom(...json));
    const instead = (data: string) => passText(`data: ${data.replaceAll('\n', '\ndata: ')}\n\n`);
    fc.assert(
      fc.property(fc.array(token, { maxLength: 25 }), (tokens) => {
        const stream = tokens.join('');
        const expected = eventsOf(stream).flatMap((data) => eventsOf(instead(data)));
        const withoutSpace = (events: string[]) => events.map((data) => data.replaceAll(/\s/g, ''));
        expect(withoutSpace(eventsOf(passText(stream)))).to.deep.equal(withoutSpace(expected));
      }),
      { numRuns: 10_000 },
    );
  });

  it('passes on the same bytes whatever the chunks of the stream', () => {
    const line = fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(`data: ${LIST}`, 'data: {"ä":"😀"}', 'data:1', 'data', 'data: x') },
      {
        weight: 2,
        arbitrary: fc.constantFrom(': ä', 'id: ü', 'event: message', 'retry: 1', 'foo: 1', '\ufeffdata: 1'),
      },
      { weight: 4, arbitrary: fc.constant('') },
    );
    const lines = fc.array(fc.tuple(line, fc.constantFrom('\n', '\r\n', '\r')), { maxLength: 20 });
    const sizes = fc.array(fc.integer({ min: 0, max: 7 }), { maxLength: 200 });
    fc.assert(
      fc.property(lines, sizes, (parts, cuts) => {
        const stream = Buffer.from(parts.flat().join(''));
        const chunks: Buffer[] = [];
        let from = 0;
        for (const size of cuts) {
          chunks.push(stream.subarray(from, from + size));
          from += size;
        }
        chunks.push(stream.subarray(from));
        expect(pass(chunks).toString()).to.equal(pass([stream]).toString());
      }),
      { numRuns: 2_000 },
    );
  });

  it('passes on every byte of a stream with nothing to hide', () => {
    const text = fc.string({ unit: 'binary', maxLength: 10 }).map((value) => value.replaceAll(/[\r\n]/g, ''));
    const line = fc.oneof(
      text.map((value) => `data: ${JSON.stringify(value)}`),
      fc.constantFrom('data', ''),
      text.map((value) => `:${value}`),
      fc.tuple(fc.constantFrom('id', 'event', 'retry'), text).map(([name, value]) => `${name}:${value}`),
    );
    const event = fc.tuple(line, fc.constantFrom('\n', '\r\n', '\r'), fc.boolean());
    fc.assert(
      fc.property(fc.array(event, { maxLength: 20 }), (lines) => {
        // Two consecutive data lines would be one JSON text.
        const stream = lines.map(([content, end]) => content + end + (content.startsWith('data') ? end : '')).join('');
        expect(passText(stream)).to.equal(Buffer.from(stream).toString());
      }),
      { numRuns: 2_000 },
    );
  });
});
