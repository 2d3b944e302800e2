import { classifyInboundRequest } from '@modelcontextprotocol/server';
import { expect } from 'chai';
import fc from 'fast-check';
import { type InboundRequest, MAX_BATCH, MAX_ITEMS, type ReadMessage, readMessage } from '../../../core/mcp/message.ts';

const ENVELOPE = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
};
const MODERN_CALL = {
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: { name: 'echo', arguments: {}, _meta: ENVELOPE },
};
const MODERN_HEADERS = { protocolVersion: '2026-07-28', mcpMethod: 'tools/call', mcpName: 'echo' };

function read(body: unknown, more: Partial<InboundRequest> = {}): ReadMessage {
  return readMessage({
    method: 'POST',
    contentType: 'application/json',
    contentEncoding: undefined,
    protocolVersion: undefined,
    mcpMethod: undefined,
    mcpName: undefined,
    body: Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
    ...more,
  });
}

/** [era, id, methods, initialize], or [status, code, id] of a denial. */
function gist(outcome: ReadMessage): unknown[] {
  if (outcome.kind === 'denied') return [outcome.denial.status, outcome.denial.error.code, outcome.id];
  const { era, id, methods, initialize } = outcome.message;
  return [era, id, methods, initialize];
}

const request = (method: string, id: unknown = 1) => ({ jsonrpc: '2.0', id, method });

describe('core/mcp/message', () => {
  it('must be absent in GET and DELETE', () => {
    for (const method of ['GET', 'DELETE']) {
      expect(gist(read('', { method, contentType: undefined }))).to.deep.equal(['legacy', null, [], false]);
      expect(gist(read(request('tools/call'), { method }))).to.deep.equal([400, -32600, null]);
    }
  });

  for (const [name, body, expected] of [
    ['a request', request('tools/list'), ['legacy', 1, ['tools/list'], false]],
    ['a request with a string as id', request('ping', 'a'), ['legacy', 'a', ['ping'], false]],
    ['a request with an empty id', request('ping', ''), ['legacy', '', ['ping'], false]],
    ['a request with id 0', request('ping', 0), ['legacy', 0, ['ping'], false]],
    [
      'initialize',
      { ...request('initialize'), params: { protocolVersion: '2025-11-25' } },
      ['legacy', 1, ['initialize'], true],
    ],
    [
      'a notification',
      { jsonrpc: '2.0', method: 'notifications/initialized' },
      ['legacy', null, ['notifications/initialized'], false],
    ],
    ['a response', { jsonrpc: '2.0', id: 1, result: {} }, ['legacy', null, [], false]],
    ['an error', { jsonrpc: '2.0', id: 1, error: { code: 1, message: 'm' } }, ['legacy', null, [], false]],
    [
      'a batch',
      [request('a'), request('b', 2), { jsonrpc: '2.0', method: 'c' }],
      ['legacy', null, ['a', 'b', 'c'], false],
    ],
    ['a batch with initialize', [request('ping'), request('initialize', 2)], [400, -32600, null]],
    ['an empty batch', [], [400, -32600, null]],
    ['a request with id null', request('ping', null), [400, -32600, null]],
    ['a request with a fraction as id', request('ping', 1.5), [400, -32600, 1.5]],
    ['a request with an object as id', request('ping', {}), [400, -32600, null]],
    ['a request without jsonrpc', { id: 7, method: 'ping' }, [400, -32600, 7]],
    ['an empty object', {}, [400, -32600, null]],
    ['a number', 5, [400, -32600, null]],
    ['null', null, [400, -32600, null]],
    ['an empty body', '', [400, -32700, null]],
    ['half a body', '{"jsonrpc":"2.0","id":1,', [400, -32700, null]],
    ['two bodies', '{}{}', [400, -32700, null]],
    ['bytes that are not UTF-8', Buffer.from([0x22, 0xff, 0x22]), [400, -32700, null]],
    ['deep nesting', '['.repeat(100_000), [400, -32600, null]],
    ['a key twice', '{"jsonrpc":"2.0","id":1,"method":"ping","id":2}', [400, -32600, null]],
  ] as const) {
    it(`is read: ${name}`, () => expect(gist(read(body))).to.deep.equal(expected));
  }

  it('must be JSON by its content type', () => {
    for (const contentType of [
      undefined,
      '',
      'text/plain',
      'application/jsonp',
      'text/json',
      'multipart/form-data; a=application/json',
    ]) {
      expect(gist(read(request('ping'), { contentType })), String(contentType)).to.deep.equal([415, -32000, null]);
    }
    for (const contentType of [
      'application/json',
      'application/json; charset=utf-8',
      'Application/JSON',
      ' application/json ;a=b',
    ]) {
      expect(gist(read(request('ping'), { contentType }))[0], contentType).to.equal('legacy');
    }
  });

  it('is modern if it has an envelope', () => {
    expect(gist(read(MODERN_CALL, MODERN_HEADERS))).to.deep.equal(['modern', 1, ['tools/call'], false]);
  });

  it('does not open a session if it is modern, whatever its method', () => {
    const body = { ...MODERN_CALL, method: 'initialize' };
    const outcome = read(body, { ...MODERN_HEADERS, mcpMethod: 'initialize' });
    expect(outcome.kind === 'message' && outcome.message.era === 'modern' && outcome.message.initialize).to.equal(
      false,
    );
  });

  it('must agree with its headers; otherwise -32020 with the id', () => {
    for (const [name, headers] of Object.entries({
      name: { mcpName: 'other' },
      'no name': { mcpName: undefined },
      method: { mcpMethod: 'tools/list' },
      version: { protocolVersion: '2025-11-25' },
    })) {
      const outcome = read({ ...MODERN_CALL, id: 'x' }, { ...MODERN_HEADERS, ...headers });
      expect(gist(outcome), name).to.deep.equal([400, -32020, 'x']);
    }
  });

  it('has the items that it names, and whether its result is a list', () => {
    const itemsOf = (outcome: ReadMessage) => (outcome.kind === 'message' ? outcome.message.items : undefined);
    const listsOf = (outcome: ReadMessage) => outcome.kind === 'message' && outcome.message.lists;
    const call = (name: string) => ({ ...request('tools/call'), params: { name } });
    expect(itemsOf(read(MODERN_CALL, MODERN_HEADERS))).to.deep.equal([{ kind: 'tools', name: 'echo' }]);
    expect(itemsOf(read([call('a'), request('ping'), call('b')]))?.map(({ name }) => name)).to.deep.equal(['a', 'b']);
    expect(listsOf(read([request('ping'), request('prompts/list')]))).to.equal(true);
    expect(listsOf(read(call('tools/list')))).to.equal(false);
  });

  it('of an unknown revision is denied as specified', () => {
    const _meta = { ...ENVELOPE, 'io.modelcontextprotocol/protocolVersion': '2099-01-01' };
    const outcome = read({ ...MODERN_CALL, params: { _meta } }, { ...MODERN_HEADERS, protocolVersion: '2099-01-01' });
    expect(gist(outcome)).to.deep.equal([400, -32022, 1]);
    expect(outcome.kind === 'denied' && outcome.denial.error.data).to.deep.include({ supported: ['2026-07-28'] });
  });

  it('with a variant in the spelling of a method is denied', () => {
    expect(gist(read([request('ping'), request('Tools/Call', 2)]))).to.deep.equal([400, -32600, null]);
  });

  it('with a modern header needs an envelope', () => {
    const outcome = read(request('tools/list'), { protocolVersion: '2026-07-28' });
    expect(gist(outcome)).to.deep.equal([400, -32602, 1]);
  });

  it('keeps an id beyond the exact numbers, without and with the classifier and in a denial', () => {
    const id = 9007199254740993n;
    const big = (body: object) => read(JSON.stringify(body).replace('"id":1', `"id":${id}`));
    const call = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { id: 2 } };
    expect(gist(big(call))).to.deep.equal(['legacy', id, ['tools/call'], false]);
    expect(gist(big({ ...call, params: { _meta: {} } }))).to.deep.equal(['legacy', id, ['tools/call'], false]);
    expect(gist(big({ ...call, jsonrpc: '1.0' }))).to.deep.equal([400, -32600, id]);
  });

  it('is read without the classifier as with it', () => {
    const header = (...values: string[]) => fc.option(fc.constantFrom(...values), { nil: undefined });
    const params = fc.oneof(
      fc.jsonValue(),
      fc.constant(undefined),
      fc.record({ name: fc.string(), _meta: fc.constantFrom<unknown>({}, ENVELOPE, null) }),
    );
    const id = fc.oneof(fc.string(), fc.integer(), fc.double(), fc.constantFrom(null, undefined, 2 ** 53, -0, {}));
    const body = fc.record({
      jsonrpc: fc.constantFrom('2.0', '1.0'),
      id,
      method: fc.constantFrom<unknown>('initialize', 'ping', '', 5),
      params,
    });
    const versions = header('2025-03-26', '2025-06-18', '2025-11-25', '2026-07-28', '2024-11-05', '');
    fc.assert(
      fc.property(
        body,
        versions,
        header('ping', 'initialize', ''),
        header('x', ''),
        fc.boolean(),
        (message, protocolVersion, mcpMethod, mcpName, more) => {
          const text = JSON.stringify(more ? { ...message, result: {} } : message);
          // The classifier rejects integers beyond 2^53, which the gateway accepts.
          const judged = JSON.parse(text);
          if (!Number.isSafeInteger(judged.id) && /^-?\d+$/.test(String(judged.id)) && typeof judged.id === 'number') {
            judged.id = 0;
          }
          // Form is for the server to judge.
          if (judged.params === null) delete judged.params;
          else if (judged.params?._meta === null) delete judged.params._meta;
          const outcome = classifyInboundRequest({
            httpMethod: 'POST',
            ...(protocolVersion === undefined ? {} : { protocolVersionHeader: protocolVersion }),
            ...(mcpMethod === undefined ? {} : { mcpMethodHeader: mcpMethod }),
            ...(mcpName === undefined ? {} : { mcpNameHeader: mcpName }),
            body: judged,
          });
          const ours = read(text, { protocolVersion, mcpMethod, mcpName });
          // Random keys may be ambiguous, which the classifier does not check.
          if (ours.kind === 'denied' && ours.denial.error.message.includes('ambiguous')) return;
          // The classifier does not check for missing headers, nor for contradicting ones of a legacy request.
          if (ours.kind === 'denied' && ours.denial.error.code === -32020 && outcome.kind !== 'reject') {
            expect(outcome.kind === 'modern' || (mcpMethod ?? mcpName) !== undefined).to.equal(true);
            return;
          }
          const kind = ours.kind === 'denied' ? 'reject' : ours.message.era;
          expect(kind, `${text} ${protocolVersion} ${mcpMethod} ${mcpName}`).to.equal(outcome.kind);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  describe('in a form that servers accept', () => {
    const response = { jsonrpc: '2.0', id: 1, result: {} };
    for (const [name, body, plain] of [
      ['params null', { ...request('tools/list'), params: null }, request('tools/list')],
      [
        'params null in a notification',
        { jsonrpc: '2.0', method: 'notifications/initialized', params: null },
        { jsonrpc: '2.0', method: 'notifications/initialized' },
      ],
      ['_meta null', { ...request('tools/list'), params: { _meta: null } }, request('tools/list')],
      ['error null beside a result', { ...response, error: null }, response],
      [
        'result null beside an error',
        { jsonrpc: '2.0', id: 1, result: null, error: { code: 1, message: 'm' } },
        response,
      ],
      ['a further member', { ...request('ping'), trace: { a: [1] } }, request('ping')],
      ['a further member in a response', { ...response, trace: 1 }, response],
      ['a further member in _meta', { ...request('ping'), params: { _meta: { trace: 'a' } } }, request('ping')],
      [
        'a fractional progress token',
        { ...request('ping'), params: { _meta: { progressToken: 1.5 } } },
        request('ping'),
      ],
      ['a byte order mark', `\ufeff${JSON.stringify(request('ping'))}`, request('ping')],
    ] as const) {
      it(`${name}: is read as without it`, () => {
        expect(gist(read(plain))[0], 'the plain form').to.equal('legacy');
        expect(read(body)).to.deep.equal(read(plain));
      });
    }

    it('is decided as without it, in any combination and both eras', () => {
      const method = fc.constantFrom(
        'tools/call',
        'resources/read',
        'tools/list',
        'initialize',
        'ping',
        'notifications/x',
      );
      const params = fc.record(
        { name: fc.string(), uri: fc.string(), arguments: fc.jsonValue(), _meta: fc.constantFrom({}, ENVELOPE) },
        { requiredKeys: [] },
      );
      const extra = fc.dictionary(fc.stringMatching(/^x[a-z]{1,5}$/), fc.jsonValue(), { maxKeys: 3 });
      fc.assert(
        fc.property(method, params, extra, extra, fc.boolean(), fc.boolean(), (name, own, top, meta, mark, before) => {
          const plain = { jsonrpc: '2.0', id: 1, method: name, params: own };
          const decorated = {
            ...(before ? top : {}),
            ...plain,
            params: { ...own, ...('_meta' in own && { _meta: { ...meta, ...own._meta } }) },
            ...top,
          };
          const headers = { mcpMethod: name, mcpName: own.name ?? own.uri, protocolVersion: undefined };
          const decoratedOutcome = read(`${mark ? '\ufeff' : ''}${JSON.stringify(decorated)}`, headers);
          expect(decoratedOutcome).to.deep.equal(read(plain, headers));
        }),
        { numRuns: 2_000 },
      );
    });

    it('is denied if it is both a request and a response', () => {
      for (const more of [{ result: {} }, { error: { code: 1, message: 'm' } }]) {
        expect(gist(read({ ...request('tools/call'), ...more })).slice(0, 2)).to.deep.equal([400, -32600]);
      }
    });
  });

  it('has bounds, whatever the size of the body', () => {
    const many = (count: number, value: unknown) => Array(count).fill(value);
    const listen = (uris: unknown[]) => ({
      ...request('subscriptions/listen'),
      params: { notifications: { resourceSubscriptions: uris } },
    });
    for (const [body, id] of [
      [many(MAX_BATCH + 1, request('ping')), null],
      [listen(many(MAX_ITEMS + 1, 'file:///a')), 1],
      [request('x'.repeat(257)), 1],
      [{ ...request('ping'), params: { _meta: { ...ENVELOPE, 'io.modelcontextprotocol/x': many(1_024, 0) } } }, 1],
    ] as const) {
      expect(gist(read(body))).to.deep.equal([400, -32600, id]);
    }
    expect(gist(read(many(MAX_BATCH, request('ping'))))[0]).to.equal('legacy');
    expect(gist(read(listen(many(MAX_ITEMS, 'file:///a'))))[0]).to.equal('legacy');
    expect(gist(read(request('x'.repeat(256))))[0]).to.equal('legacy');
  });

  it('is read or denied without an exception', () => {
    const header = fc.option(
      fc.oneof(fc.constantFrom('application/json', '2026-07-28', '2025-11-25', 'tools/call'), fc.string()),
      { nil: undefined },
    );
    const json = fc.oneof(
      fc.json(),
      fc.string({ unit: 'binary' }),
      fc
        .record({ jsonrpc: fc.constant('2.0'), id: fc.jsonValue(), method: fc.jsonValue(), params: fc.jsonValue() })
        .map((value) => JSON.stringify(value)),
    );
    fc.assert(
      fc.property(json, header, header, header, header, (body, contentType, protocolVersion, mcpMethod, mcpName) => {
        const outcome = read(body, { contentType, protocolVersion, mcpMethod, mcpName });
        if (outcome.kind === 'denied') expect(outcome.denial.status).to.be.within(400, 499);
      }),
      { numRuns: 500 },
    );
  });
});
