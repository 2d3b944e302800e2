import { expect } from 'chai';
import type { Policy } from '../../core/policy/policy.ts';
import { Budget } from '../../ext-proc/filter/budget.ts';
import { addExternalProcessor } from '../../ext-proc/service.ts';
import type { ExternalProcessorClient } from '../../protos/gen/envoy/service/ext_proc/v3/ExternalProcessor.ts';
import type { ProcessingRequest } from '../../protos/gen/envoy/service/ext_proc/v3/ProcessingRequest.ts';
import type { ProcessingResponse__Output } from '../../protos/gen/envoy/service/ext_proc/v3/ProcessingResponse.ts';
import { externalProcessorClient } from '../../protos/load.ts';
import { RepeatedWarnings } from '../../runtime/repeated-warnings.ts';
import { keysOf } from '../core/session/arbitrary.ts';
import { capturedLog } from '../ext-authz/captured-log.ts';
import { policyBackend, policyOf } from '../ext-authz/policy.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { clientOn, serveAnywhere } from '../runtime/grpc/socket.ts';
import { Messages } from '../runtime/grpc/stream.ts';

const LIST = '{"id":1,"result":{"tools":[{"name":"a"},{"name":"secret"}]}}';
const CUT = '{"id":1,"result":{"tools":[{"name":"a"}]}}';

const BUDGET = 20 << 20;

type Values = Record<string, string | number>;
const METADATA: Values = { backend: 'a', tenant: 'red', roles: 'auditor lead', id: 'mine' };

function headers(values: Record<string, string>, metadata = METADATA, endOfStream = false): ProcessingRequest {
  const fields = Object.entries(metadata).map(([name, value]) => [
    name,
    typeof value === 'number' ? { numberValue: value } : { stringValue: value },
  ]);
  const all = Object.entries({ ':status': '200', ...values }).map(([key, value]) => ({
    key,
    rawValue: Buffer.from(value),
  }));
  return {
    responseHeaders: { headers: { headers: all }, endOfStream },
    metadataContext: { filterMetadata: { 'envoy.filters.http.ext_authz': { fields: Object.fromEntries(fields) } } },
  };
}
const body = (text: string, endOfStream = false): ProcessingRequest => ({
  responseBody: { body: Buffer.from(text), endOfStream },
});
const JSON_TYPE = { 'content-type': 'application/json' };

/** The content of an answer to Envoy. */
function contentOf({ responseHeaders, responseBody, responseTrailers, immediateResponse }: ProcessingResponse__Output) {
  const { setHeaders = [], removeHeaders } = responseHeaders?.response?.headerMutation ?? {};
  const streamed = responseBody?.response?.bodyMutation?.streamedResponse;
  if (responseHeaders !== undefined) {
    return {
      set: Object.fromEntries(setHeaders.map(({ header }) => [header?.key, header?.rawValue?.toString()])),
      removed: removeHeaders,
    };
  }
  if (responseTrailers !== undefined) return 'trailers';
  if (immediateResponse !== undefined) return immediateResponse.status?.code;
  return { body: streamed?.body?.toString() ?? '', end: streamed?.endOfStream ?? false };
}

describe('ext-proc/service, in the filtered lanes', () => {
  let client: ExternalProcessorClient;
  let policy: Policy | undefined;
  let messages: string[];
  let budget: Budget;
  const stops: (() => unknown)[] = [];

  beforeEach(async () => {
    budget = new Budget(BUDGET);
    const captured = capturedLog();
    messages = captured.messages;
    policy = policyOf('https://i.example', [
      policyBackend('a', { filters: { tools: { allow: undefined, deny: ['secret'] } } }),
    ]);
    const server = await serveAnywhere((grpc) =>
      addExternalProcessor(grpc, {
        policy: () => policy,
        keys: () => keysOf(1),
        endSession: () => Promise.resolve(),
        leaveTombstone: () => Promise.resolve(),
        audit: () => undefined,
        log: captured.log,
        warnings: new RepeatedWarnings(captured.log),
        budget,
      }),
    );
    client = clientOn(server.socket, externalProcessorClient());
    stops.push(
      () => client.close(),
      () => server.stop(0),
    );
  });

  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop();
  });

  const open = () => new Messages(client.Process());
  /** All answers to these messages, until the stream ends. */
  const ask = async (...asked: ProcessingRequest[]) => {
    const { stream, ended } = new Messages(client.Process());
    const answers: ReturnType<typeof contentOf>[] = [];
    stream.on('data', (message: ProcessingResponse__Output) => answers.push(contentOf(message)));
    for (const one of asked) stream.write(one);
    stream.end();
    expect(await ended).to.equal(0);
    return answers;
  };

  it('returns the head and the body of a list without hidden entries', async () => {
    const [head, ...rest] = await ask(headers(JSON_TYPE), body(LIST.slice(0, 9)), body(LIST.slice(9)), body('', true));
    expect(head).to.deep.include({ set: {} });
    expect(head).to.have.property('removed').that.includes.members(['content-length', 'x-mcp-pin']);
    expect(rest).to.deep.equal([{ body: CUT, end: true }]);
  });

  it('returns a large body in pieces of the size that Envoy recommends', async () => {
    const large = LIST.replace('"a"', `"a","x":"${'x'.repeat(150_000)}"`);
    const [, ...pieces] = await ask(headers(JSON_TYPE), body(large, true));
    const read = pieces as { body: string; end: boolean }[];
    expect(read.map(({ body: piece, end }) => [piece.length, end])).to.deep.equal([
      [65_536, false],
      [65_536, false],
      [150_000 + CUT.length + '"x":"",'.length - 2 * 65_536, true],
    ]);
    expect(read.map(({ body: piece }) => piece).join('')).to.equal(large.replace(',{"name":"secret"}', ''));
  });

  it('returns each event while the stream is open', async () => {
    const messages = open();
    messages.stream.write(headers({ 'content-type': 'text/event-stream' }));
    expect(contentOf(await messages.next())).to.have.property('set');
    messages.stream.write(body('data: '));
    messages.stream.write(body(`${LIST}\n\n`));
    expect(contentOf(await messages.next())).to.deep.equal({ body: `data: ${CUT}\n\n`, end: false });
    messages.stream.write(body(': ping\n'));
    expect(contentOf(await messages.next())).to.deep.equal({ body: ': ping\n', end: false });
    messages.stream.end();
    expect(await messages.ended).to.equal(0);
    expect(messages.unread).to.equal(0);
  });

  it('answers the trailers after the body', async () => {
    const answers = await ask(headers(JSON_TYPE), body(LIST), { responseTrailers: { trailers: { headers: [] } } });
    expect(answers.slice(1)).to.deep.equal([{ body: CUT, end: false }, 'trailers']);
  });

  it('reads all headers of the same name', async () => {
    const twice = headers(JSON_TYPE);
    twice.responseHeaders?.headers?.headers?.push({ key: 'content-encoding', rawValue: Buffer.from('identity') });
    twice.responseHeaders?.headers?.headers?.push({ key: 'content-encoding', rawValue: Buffer.from('gzip') });
    const [head] = await ask(twice, body(LIST, true));
    expect(head).to.have.deep.nested.property('set.:status', '502');
    expect(messages).to.have.length(1);
  });

  it('puts the id of the request into an error, whatever its type', async () => {
    for (const [metadata, id] of [
      [METADATA, 'mine'],
      [{ ...METADATA, id: 7 }, 7],
      [{ backend: 'a', tenant: 'red', roles: '' }, null],
    ] as [Values, unknown][]) {
      const [, error] = await ask(headers(JSON_TYPE, metadata), body('{', true));
      expect(JSON.parse((error as { body: string }).body)).to.have.property('id', id);
    }
  });

  it('passes nothing on without a policy', async () => {
    policy = undefined;
    const [head, error] = await ask(headers({ 'content-type': 'text/event-stream' }), body(`data: ${LIST}\n\n`));
    expect(head).to.have.deep.nested.property('set.:status', '503');
    expect(error).to.have.property('end', true);
  });

  describe('while one response is large', () => {
    const LARGE = `{"id":1,"result":{"tools":[{"name":"secret"}${',{"name":"a","x":[1,2,3]}'.repeat(90_000)}]}}`;
    const pieces = (text: string) =>
      Array.from({ length: Math.ceil(text.length / 65_536) }, (_, at) => text.slice(at * 65_536, (at + 1) * 65_536));
    const other = { ...METADATA, principal: 'other' };
    const mine = { ...METADATA, principal: 'mine' };
    const sendLarge = (type = JSON_TYPE, text = LARGE, end = true) => {
      const large = open();
      large.stream.write(headers(type, mine));
      for (const piece of pieces(text)) large.stream.write(body(piece));
      if (end) large.stream.write(body('', true));
      return large;
    };

    const used = (wanted: (bytes: number) => boolean) => eventually(() => budget.used, wanted);
    /** A response that holds almost all of the share of its caller. */
    const holdHalf = async () => {
      const bytes = BUDGET / 2 - 1_000;
      const half = sendLarge(JSON_TYPE, ' '.repeat(bytes), false);
      await used((now) => now === bytes);
      return half;
    };

    it('answers others before it', async () => {
      const large = sendLarge(JSON_TYPE, LARGE, false);
      await used((now) => now === LARGE.length);
      large.stream.write(body('', true));
      const order: string[] = [];
      const first = large.next().then((answer) => {
        order.push('large');
        return answer;
      });
      for (let count = 0; count < 3; count += 1) {
        const small = open();
        small.stream.write(headers(JSON_TYPE, other));
        small.stream.write(body(LIST, true));
        expect(contentOf(await small.next())).to.deep.include({ set: {} });
        order.push('small');
        small.stream.end();
      }
      expect(contentOf(await first)).to.deep.include({ set: {} });
      expect(order).to.deep.equal(['small', 'small', 'small', 'large']);
      let [text, end] = ['', false];
      while (!end) {
        const content = contentOf(await large.next()) as { body: string; end: boolean };
        text += content.body;
        end = content.end;
      }
      expect(text).to.equal(LARGE.replace('{"name":"secret"},', ''));
      large.stream.end();
    });

    it('denies more than the share of a caller, and only to that caller', async () => {
      const first = await holdHalf();
      const denied = sendLarge(JSON_TYPE, ' '.repeat(2_000), false);
      expect(contentOf(await denied.next())).to.have.deep.nested.property('set.:status', '503');
      expect(contentOf(await denied.next()))
        .to.have.property('body')
        .that.matches(/^{"jsonrpc":"2.0","id":"mine","error":{"code":-32014,/);
      expect(messages).to.have.length(1);
      const [head] = await ask(headers(JSON_TYPE, other), body(LIST, true));
      expect(head).to.deep.include({ set: {} });
      first.stream.write(body('{}', true));
      expect(contentOf(await first.next())).to.deep.include({ set: {} });
      for (const { stream } of [first, denied]) stream.end();
    });

    it('replaces an event that is more than the share of a caller, and goes on', async () => {
      const first = await holdHalf();
      const events = sendLarge({ 'content-type': 'text/event-stream' }, `data: "${'x'.repeat(2_000)}`, false);
      expect(contentOf(await events.next())).to.deep.include({ set: {} });
      events.stream.write(body('"\n\ndata: {}\n\n'));
      expect(contentOf(await events.next()))
        .to.have.property('body')
        .that.matches(/^data: {"jsonrpc":"2.0","id":"mine","error":{"code":-32014,.*}}\n\ndata: {}\n\n$/);
      for (const { stream } of [first, events]) stream.end();
    });

    it('gives the memory back when the response was sent, or given up', async () => {
      const given = await holdHalf();
      given.stream.cancel();
      await used((now) => now === 0);
      const [head] = await ask(headers(JSON_TYPE, mine), ...pieces(LARGE).map((piece) => body(piece)), body('', true));
      expect(head).to.deep.include({ set: {} });
      const events = sendLarge({ 'content-type': 'text/event-stream' }, `data: "${'x'.repeat(200_000)}`, false);
      await used((now) => now > 200_000);
      events.stream.write(body('"\n\n'));
      await used((now) => now === 0);
      events.stream.end();
    });
  });

  it('answers 503 to an unexpected message, and then nothing more', async () => {
    expect(await ask(headers(JSON_TYPE), { requestHeaders: {} }, body(LIST, true))).to.deep.equal([
      'ServiceUnavailable',
    ]);
    expect(await ask(headers(JSON_TYPE, {}), body(LIST, true))).to.have.deep.members([
      { set: {}, removed: ['x-mcp-pin'] },
      'ServiceUnavailable',
    ]);
    expect(await ask(body(LIST, true))).to.deep.equal(['ServiceUnavailable']);
  });
});
