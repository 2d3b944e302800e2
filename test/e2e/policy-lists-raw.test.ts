import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { deny } from '../../core/mcp/denial.ts';
import type { RawAnswer } from '../fixtures/list-server/raw.ts';
import { type Answer, endSession, openSession, parse, send } from '../fixtures/replica-server/client.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { headersOf, JSON_TYPE, LIST, LISTED, type RawSetup, SHOWN, startRaw } from './policy-lists-setup.ts';

const answerJson =
  (body: string | Buffer, headers: Record<string, string> = JSON_TYPE, status = 200): RawAnswer =>
  (response) =>
    void response.writeHead(status, headers).end(body);

describe('lists of servers, byte by byte', function () {
  this.timeout(30_000);

  let setup: RawSetup;

  const url = () => setup.gateway.backendUrl('raw');
  /** The response to a list request, if the server answers like this. */
  const list = (answer: RawAnswer, body = LIST, more: Record<string, string> = {}): Promise<Answer> => {
    setup.server.answer = answer;
    return send(url(), { headers: { ...headersOf(setup.token, setup.session), ...more }, body });
  };

  before(async () => {
    setup = await startRaw();
  });
  after(() => setup?.stop());

  it('lose what the caller may not see, and keep every other byte', async () => {
    const answer = await list(answerJson(LISTED));
    expect(answer.status).to.equal(200);
    expect(answer.body).to.equal(SHOWN);
    expect(answer.headers['mcp-session-id']).to.equal(undefined);
    const withoutSession = { headers: headersOf(setup.token), body: LIST };
    expect((await send(url(), withoutSession)).body).to.equal(SHOWN);
  });

  it('reach callers who may see everything with every byte', async () => {
    setup.server.answer = answerJson(LISTED);
    const { session } = await openSession(url(), { token: setup.lead });
    const answer = await send(url(), { headers: headersOf(setup.lead, session), body: LIST });
    expect(answer.body).to.equal(LISTED);
  });

  it('lose the headers that describe all bytes, and keep the session id', async () => {
    const theirs = {
      ...JSON_TYPE,
      etag: '"1"',
      'content-length': String(Buffer.byteLength(LISTED)),
      'x-accel-buffering': 'no',
    };
    const answer = await list((response, { headers }) => {
      response.writeHead(200, { ...theirs, 'mcp-session-id': String(headers['mcp-session-id']) }).end(LISTED);
    });
    expect(answer.body).to.equal(SHOWN);
    expect(answer.headers).to.include({ 'x-accel-buffering': 'no', 'mcp-session-id': setup.session });
    expect(answer.headers).to.not.have.any.keys('etag', 'content-length', 'x-mcp-pin');
  });

  it('are filtered in each message of a batch', async () => {
    const body = `[${LIST},{"jsonrpc":"2.0","id":2,"method":"ping"}]`;
    const answer = await list(answerJson(`[${LISTED},{"jsonrpc":"2.0","id":2,"result":{}}]`), body);
    expect(answer.body).to.equal(`[${SHOWN},{"jsonrpc":"2.0","id":2,"result":{}}]`);
  });

  it('may be large', async () => {
    const entry = (name: string) => `{"name":"${name}","description":"${'x'.repeat(7 << 20)}"}`;
    const text = (...names: string[]) => `{"id":1,"result":{"tools":[${names.map(entry).join()}]}}`;
    expect((await list(answerJson(text('drop', 'get_a')))).body === text('get_a')).to.equal(true);
    const tooLarge = await list(answerJson(text('drop', 'get_a', 'get_b')));
    expect([tooLarge.status, parse(tooLarge).error?.code]).to.deep.equal([502, -32019]);
  });

  describe('that cannot be filtered', () => {
    const expectError = (answer: Answer, status = 502, id: unknown = 'mine') => {
      expect(answer.status).to.equal(status);
      expect(answer.headers['content-type']).to.equal('application/json');
      expect(answer.headers).to.not.have.property('content-encoding');
      expect(JSON.parse(answer.body)).to.deep.equal({
        jsonrpc: '2.0',
        id,
        error: deny('unreadable-answer').error,
      });
    };

    it('are not asked for in another encoding, and not passed on in one', async () => {
      const gzip = { ...JSON_TYPE, 'content-encoding': 'gzip' };
      expectError(await list(answerJson(gzipSync(LISTED), gzip), LIST, { 'accept-encoding': 'gzip' }));
      expect(setup.server.requests.at(-1)?.headers).to.not.have.property('accept-encoding');
    });

    for (const [what, body, type] of [
      ['broken JSON', LISTED.slice(0, -4), 'application/json'],
      ['two lists of one kind', LISTED.replace('{"tools"', '{"tools":[],"tools"'), 'application/json'],
      ['UTF-16', Buffer.from(LISTED, 'utf16le'), 'application/json'],
      ['text', LISTED, 'text/plain'],
      ['text without a type', LISTED, ''],
      ['two types', LISTED, 'application/json, text/event-stream'],
      ['events within another type', `data: ${LISTED}\n\n`, 'text/plain; a=text/event-stream'],
    ] as const) {
      it(`become an error: ${what}`, async () => {
        expectError(await list(answerJson(body, type === '' ? {} : { 'content-type': type })));
      });
    }

    it("become an error with exactly the request's id", async () => {
      const id = '12345678901234567890';
      const answer = await list(
        answerJson(`{"id":${id},"result":{"tools":[],"Tools":[]}}`),
        LIST.replace('"mine"', id),
      );
      expect(answer.status).to.equal(502);
      expect(answer.body).to.include(`"id":${id},`);
    });

    it('keep the status of an error', async () => {
      expectError(await list(answerJson('<h1>No</h1>', { 'content-type': 'text/html' }, 500)), 500);
      expectError(await list(answerJson('not json', JSON_TYPE, 404)), 404);
    });

    it('are readable for pages of allowed origins', async () => {
      const origin = new URL(setup.gateway.url).origin;
      const answer = await list(answerJson('not json'), LIST, { origin });
      expectError(answer);
      expect(answer.headers['access-control-allow-origin']).to.equal(origin);
    });

    it('end for the server too, however much it sends', async () => {
      const gone = Promise.withResolvers<void>();
      const answer = await list((response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream; a=b' });
        const timer = setInterval(() => response.write(`data: ${LIST}\n\n`), 20);
        response.on('close', () => {
          clearInterval(timer);
          gone.resolve();
        });
      });
      expectError(answer);
      await gone.promise;
    });
  });

  it('are not required: errors and empty responses pass', async () => {
    const error = '{"jsonrpc" : "2.0","id":"mine","error":{"code":-32601,"message":"No"}}';
    for (const [body, headers, status] of [
      [error, JSON_TYPE, 400],
      [error, JSON_TYPE, 200],
      ['', {}, 202],
      ['', { 'content-type': 'text/plain' }, 405],
      ['', JSON_TYPE, 200],
    ] as const) {
      const answer = await list(answerJson(body, headers, status));
      expect([answer.status, answer.body]).to.deep.equal([status, body]);
    }
    const chunked = await list((response) => {
      response.writeHead(200, { 'content-type': 'text/plain' });
      response.flushHeaders();
      setImmediate(() => response.end());
    });
    expect([chunked.status, chunked.body]).to.deep.equal([200, '']);
  });

  it('that are incomplete are not passed on', async () => {
    const outcome = await list((response) => {
      response.writeHead(200, { ...JSON_TYPE, 'content-length': '100000' });
      response.write(LISTED, () => setImmediate(() => response.destroy()));
    }).catch(String);
    if (typeof outcome !== 'string') {
      expect(outcome.status).to.be.at.least(500);
      expect(outcome.body).to.not.include('tools');
    }
  });

  it('are in the audit log under one fingerprint for each session', async () => {
    const opened = (await openSession(url(), { token: setup.token })).session;
    await send(url(), { headers: headersOf(setup.token, opened), body: LIST });
    await endSession(url(), { token: setup.token, session: opened });
    const lines = () =>
      readFileSync(join(setup.gateway.stateDir, 'audit.log'), 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    const ended = await eventually(
      () => lines().find(({ event }) => event === 'session-ended'),
      (line) => line !== undefined,
    );
    const { time, ...rest } = ended ?? {};
    expect(time).to.match(/^\d{4}-/);
    const of = await eventually(
      () => lines().filter(({ session: name }) => name === rest.session),
      (all) => all.length === 4,
    );
    expect(of.map(({ event, methods, httpMethod }) => event ?? methods ?? httpMethod)).to.have.deep.members([
      'session-opened',
      ['tools/list'],
      'DELETE',
      'session-ended',
    ]);
    const [{ principal } = {}] = of.filter(({ httpMethod }) => httpMethod === 'DELETE');
    expect(rest).to.include({ backend: 'raw', tenant: 'engineering', principal });
    expect(JSON.stringify(of)).to.not.include(opened);
  });
});
