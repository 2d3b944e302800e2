import { expect } from 'chai';
import type { MaySee } from '../../../core/mcp/list-filter-scan.ts';
import { finish } from '../../../core/mcp/sliced.ts';
import {
  type FilterStep,
  ResponseFilter,
  type ResponseFilterOptions,
  type ResponseHead,
} from '../../../ext-proc/filter/response-filter.ts';

const STALE = ['content-length', 'content-md5', 'content-digest', 'repr-digest', 'digest', 'etag'];
const LIST = '{"id":1,"result":{"tools":[{"name":"a"},{"name":"secret"}]}}';
const CUT = '{"id":1,"result":{"tools":[{"name":"a"}]}}';
const TWICE = '{"id":1,"result":{"tools":[],"tools":[]}}';
const PUBLIC: MaySee = (_kind, name) => name !== 'secret';
const HEAD: ResponseHead = {
  status: 200,
  contentType: 'application/json',
  contentEncoding: undefined,
  endOfStream: false,
};
const EVENTS = { ...HEAD, contentType: 'text/event-stream' };

const passedHead = { kind: 'head', set: {}, remove: STALE };
const body = (text: string, endOfStream = true) => ({ kind: 'body', bytes: text, endOfStream });
const errorBody = (id: unknown) =>
  `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"error":{"code":-32019,"message":"The response of the MCP server cannot be filtered"}}`;
const refused = (status: number, text: string, endOfStream = true) => [
  {
    kind: 'head',
    set: { ':status': String(status), 'content-type': 'application/json' },
    remove: [...STALE, 'content-encoding'],
  },
  body(text, endOfStream),
];

describe('ext-proc/filter/response-filter', () => {
  let reasons: string[];

  beforeEach(() => {
    reasons = [];
  });

  const newFilter = (more: Partial<ResponseFilterOptions> = {}) =>
    new ResponseFilter({ maySee: () => PUBLIC, id: 'mine', onRejected: (reason) => reasons.push(reason), ...more });
  /** Steps with their bytes as text. */
  const readable = (steps: FilterStep[]) =>
    steps.map((step) => (step.kind === 'body' ? { ...step, bytes: step.bytes.toString() } : step));
  /** The steps for a response whose body arrives in these chunks. */
  const run = (head: ResponseHead, chunks: readonly string[], filter = newFilter()) => {
    const steps = filter.head(head);
    chunks.forEach(
      (chunk, at) => void steps.push(...finish(filter.body(Buffer.from(chunk), at === chunks.length - 1))),
    );
    return readable(steps);
  };

  it('holds the head of a JSON response until all of its body has been read', () => {
    const filter = newFilter();
    expect(filter.head(HEAD)).to.deep.equal([]);
    expect(finish(filter.body(Buffer.from(LIST.slice(0, 20)), false))).to.deep.equal([]);
    expect(finish(filter.body(Buffer.from(LIST.slice(20)), false))).to.deep.equal([]);
    expect(readable(finish(filter.body(Buffer.alloc(0), true)))).to.deep.equal([passedHead, body(CUT)]);
    expect(reasons).to.deep.equal([]);
  });

  it('passes the head of an event stream on immediately, and each event as it arrives', () => {
    const filter = newFilter();
    expect(filter.head(EVENTS)).to.deep.equal([passedHead]);
    expect(finish(filter.body(Buffer.from('data: '), false))).to.deep.equal([]);
    expect(readable(finish(filter.body(Buffer.from(`${LIST}\n\ndata`), false)))).to.deep.equal([
      body(`data: ${CUT}\n\n`, false),
    ]);
    expect(readable(finish(filter.body(Buffer.from(': {}\n\n'), true)))).to.deep.equal([
      body('data: {}\n\n', false),
      body(''),
    ]);
  });

  it('passes a response without a body on', () => {
    const unchanged = [{ kind: 'head', set: {}, remove: [] }];
    for (const status of [200, 202, 204, 304, 404, 405]) {
      expect(newFilter({ maySee: () => undefined }).head({ ...HEAD, status, endOfStream: true })).to.deep.equal(
        unchanged,
      );
    }
    for (const head of [HEAD, { ...HEAD, contentType: 'text/html' }, { ...HEAD, contentEncoding: 'gzip' }]) {
      expect(run(head, ['', ''])).to.deep.equal([passedHead, body('')]);
    }
  });

  it('replaces an unreadable body by an error', () => {
    for (const [head, chunks, id, reason] of [
      [HEAD, ['{'], 'mine', 'not valid JSON'],
      [HEAD, [TWICE], 1, 'the key tools occurs twice, or in a different case'],
      [
        { ...HEAD, contentType: 'text/plain' },
        ['', 'a', 'b'],
        'mine',
        'the body is neither plain JSON nor an event stream',
      ],
      [{ ...HEAD, contentEncoding: 'gzip' }, [LIST], 'mine', 'the body has a Content-Encoding'],
      [{ ...EVENTS, contentEncoding: 'gzip' }, [LIST], 'mine', 'the body has a Content-Encoding'],
    ] as const) {
      reasons = [];
      expect(run(head, chunks)).to.deep.equal(refused(502, errorBody(id)));
      expect(reasons).to.deep.equal([reason]);
    }
    const filter = newFilter();
    filter.head(HEAD);
    expect(readable(finish(filter.body(Buffer.from([0x22, 0xff, 0x22]), true)))).to.deep.equal(
      refused(502, errorBody('mine')),
    );
  });

  it('keeps the status of an error', () => {
    expect(run({ ...HEAD, status: 404 }, ['no'])).to.deep.equal(refused(404, errorBody('mine')));
    expect(run({ ...HEAD, status: 307, contentType: 'text/html' }, ['no'])).to.deep.equal(
      refused(502, errorBody('mine')),
    );
  });

  it('answers each request of a batch', () => {
    const batch = `[{"id":1,"result":{}},${TWICE.replace('1', '2')}]`;
    expect(run(HEAD, [batch])).to.deep.equal(refused(502, `[${errorBody(1)},${errorBody(2)}]`));
    expect(run(HEAD, ['{'], newFilter({ id: null }))).to.deep.equal(refused(502, errorBody(null)));
  });

  it('rejects a body over the limit', () => {
    expect(run(HEAD, [LIST], newFilter({ maxBytes: LIST.length }))).to.deep.equal([passedHead, body(CUT)]);
    const filter = newFilter({ maxBytes: 10 });
    expect(filter.head(HEAD)).to.deep.equal([]);
    expect(finish(filter.body(Buffer.alloc(10, ' '), false))).to.deep.equal([]);
    expect(readable(finish(filter.body(Buffer.from(' '), false)))).to.deep.equal(refused(502, errorBody('mine')));
    expect(run(EVENTS, [`data: ${LIST}\n\n`], newFilter({ maxBytes: 10 }))).to.deep.equal([
      passedHead,
      body(`data: ${errorBody('mine')}\n\n`, false),
      body(''),
    ]);
  });

  it('reports a stream with many unreadable events once', () => {
    const stream = `data: x\n\n${`data: ${TWICE}\n\n`.repeat(2)}`;
    const told = `data: ${errorBody('mine')}\n\n${`data: ${errorBody(1)}\n\n`.repeat(2)}`;
    expect(run(EVENTS, [stream])).to.deep.equal([passedHead, body(told, false), body('')]);
    expect(reasons).to.deep.equal(['not valid JSON']);
  });

  it('ignores pieces after the end: Envoy may signal it twice', () => {
    for (const head of [HEAD, EVENTS]) {
      const filter = newFilter();
      filter.head(head);
      finish(filter.body(Buffer.from(`data: ${LIST}\n\n`), true));
      expect(finish(filter.body(Buffer.from(LIST), true))).to.deep.equal([]);
      expect(finish(filter.trailers())).to.deep.equal([]);
    }
  });

  it('takes trailers as the end of the body', () => {
    for (const [head, chunk, steps] of [
      [HEAD, LIST, [passedHead, body(CUT, false), { kind: 'trailers' }]],
      [HEAD, '{', [...refused(502, errorBody('mine'), false), { kind: 'trailers' }]],
      [EVENTS, `data: ${LIST}`, [body(`data: ${CUT}`, false), { kind: 'trailers' }]],
    ] as const) {
      const filter = newFilter();
      filter.head(head);
      expect(finish(filter.body(Buffer.from(chunk), false))).to.deep.equal([]);
      expect(readable(finish(filter.trailers()))).to.deep.equal(steps);
      expect(finish(filter.body(Buffer.from('x'), true))).to.deep.equal([]);
    }
  });

  describe('follows the policy', () => {
    it('and answers 503 without one', () => {
      const filter = newFilter({ maySee: () => undefined });
      const [head, error] = readable(filter.head(EVENTS));
      expect(head).to.deep.include({
        set: { ':status': '503', 'content-type': 'application/json', 'retry-after': '1' },
      });
      expect(error).to.deep.equal(
        body('{"jsonrpc":"2.0","id":"mine","error":{"code":-32014,"message":"The gateway is not ready"}}'),
      );
      expect(finish(filter.body(Buffer.from(`data: ${LIST}\n\n`), false))).to.deep.equal([]);
      expect(reasons).to.deep.equal(['the policy for the caller is not known']);
    });

    it('and its changes', () => {
      let maySee: MaySee | undefined = PUBLIC;
      const filter = newFilter({ maySee: () => maySee });
      filter.head(EVENTS);
      const shown = () => readable(finish(filter.body(Buffer.from(`data: ${LIST}\n\n`), false)));
      expect(shown()).to.deep.equal([body(`data: ${CUT}\n\n`, false)]);
      maySee = () => true;
      expect(shown()).to.deep.equal([body(`data: ${LIST}\n\n`, false)]);
      maySee = undefined;
      expect(shown()).to.deep.equal([body('data: {"id":1,"result":{"tools":[]}}\n\n', false)]);
    });
  });
});
