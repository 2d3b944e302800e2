import { once } from 'node:events';
import { createServer, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { openSession, parse, send } from '../fixtures/replica-server/client.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { headersOf, rules } from './policy-lists-setup.ts';

const SECRET = 'hunter2';
const LOCATION = `http://user:${SECRET}@elsewhere.example:81/other/mcp?key=${SECRET}#${SECRET}`;
const PAGE = 'http://localhost:5173';

describe('redirects of servers', function () {
  this.timeout(60_000);

  let gateway: TestGateway;
  let url: string;
  let token: string;
  let lead: string;
  let session: string;
  let sessionOfLead: string;
  let redirect = (_response: ServerResponse): void => undefined;
  let redirects = false;
  const seen: string[] = [];

  const server = createServer((call, response) => void answer(call, response));
  async function answer(call: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = Buffer.concat(await call.toArray()).toString();
    seen.push(call.url ?? '');
    if (redirects) return redirect(response);
    const id = text === '' ? null : JSON.parse(text).id;
    response.writeHead(200, { 'content-type': 'application/json', 'mcp-session-id': `s${seen.length}` });
    response.end(JSON.stringify({ jsonrpc: '2.0', id: id ?? null, result: {} }));
  }

  const backendOf = (name: string) => {
    const { port } = server.address() as AddressInfo;
    return { name, url: `http://127.0.0.1:${port}/mcp`, healthCheck: { type: 'none' } };
  };

  before(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const backends = { raw: backendOf('raw'), other: backendOf('other') };
    gateway = await startGateway({ backends, tenants: rules(['get_*']) });
    url = gateway.backendUrl('raw');
    token = await gateway.token({ subject: 'dev' });
    lead = await gateway.token({ subject: 'lea' });
    ({ session } = await openSession(url, { token }));
    ({ session: sessionOfLead } = await openSession(url, { token: lead }));
  });
  after(async () => {
    await gateway?.stop();
    server.closeAllConnections();
    server.close();
  });
  beforeEach(() => {
    redirects = true;
  });

  const message = (method: string) => JSON.stringify({ jsonrpc: '2.0', id: 'mine', method, params: { name: 'get_a' } });

  /** One request in each lane, with the id that the denial must repeat. */
  const LANES = {
    open: () => ({ by: token, body: message('initialize'), session: undefined, method: 'POST' }),
    session: () => ({ by: lead, body: message('tools/call'), session: sessionOfLead, method: 'POST' }),
    'session-guarded': () => ({ by: token, body: message('tools/call'), session, method: 'POST' }),
    'session-filtered': () => ({ by: token, body: message('tools/list'), session, method: 'POST' }),
    'GET stream': () => ({ by: token, body: undefined, session, method: 'GET' }),
    stateless: () => ({ by: lead, body: message('tools/call'), session: undefined, method: 'POST' }),
    'stateless-filtered': () => ({ by: lead, body: message('tools/list'), session: undefined, method: 'POST' }),
    close: () => ({ by: token, body: undefined, session, method: 'DELETE' }),
  };
  const ask = async (lane: keyof typeof LANES, more: Record<string, string> = {}) => {
    const { by, body, session: of, method } = LANES[lane]();
    return send(url, { method, headers: { ...headersOf(by, of), ...more }, ...(body === undefined ? {} : { body }) });
  };

  const answerWith =
    (status: number, headers: OutgoingHttpHeaders, body = '') =>
    (response: ServerResponse): void =>
      void response.writeHead(status, headers).end(body);

  for (const lane of Object.keys(LANES) as (keyof typeof LANES)[]) {
    it(`${lane}: 502 with the id of the request, and nothing of the target`, async () => {
      for (const status of [300, 301, 302, 303, 304, 305, 306, 307, 308, 399]) {
        redirect = answerWith(status, { location: LOCATION, refresh: `0; url=${LOCATION}` });
        const { status: got, headers, body } = await ask(lane);
        const id = ['GET stream', 'close'].includes(lane) ? null : 'mine';
        const { error, ...rest } = JSON.parse(body);
        expect([status, got, error.code, rest]).to.deep.equal([status, 502, -32019, { jsonrpc: '2.0', id }]);
        expect(headers['content-type']).to.equal('application/json');
        for (const name of ['location', 'refresh', 'mcp-session-id', 'retry-after']) {
          expect(headers).to.not.have.property(name);
        }
        expect(JSON.stringify([headers, body])).to.not.match(/elsewhere|hunter2|user/);
      }
    });
  }

  it('a client that follows redirects calls no other backend', async () => {
    redirect = answerWith(307, { location: '/other/mcp' });
    seen.length = 0;
    const { by, body } = LANES.stateless();
    const answer = await fetch(url, { method: 'POST', headers: headersOf(by), body });
    expect([answer.status, answer.redirected, seen.length]).to.deep.equal([502, false, 1]);
  });

  it('a redirect needs no Location, and may have several, an empty one, or a body that does not end', async () => {
    for (const headers of [
      [],
      ['Location', ''],
      ['Location', '/a', 'location', '/b'],
      ['LOCATION', 'x'.repeat(9_000)],
    ]) {
      redirect = (response) => void response.writeHead(302, headers).end('<html>');
      const answer = await ask('session');
      expect([answer.status, parse(answer).error?.code, answer.headers.location]).to.deep.equal([
        502,
        -32019,
        undefined,
      ]);
    }
    redirect = (response) => void response.writeHead(302, { location: '/a' }).write('more follows');
    expect((await ask('session')).status).to.equal(502);
  });

  it('a Location of another response is removed too', async () => {
    for (const location of ['/other/mcp', '']) {
      redirect = answerWith(
        201,
        { location, 'content-type': 'application/json' },
        '{"jsonrpc":"2.0","id":"mine","result":{}}',
      );
      for (const lane of ['session', 'session-guarded', 'session-filtered', 'stateless'] as const) {
        const { status, headers } = await ask(lane);
        expect([status, headers.location]).to.deep.equal([201, undefined]);
      }
    }
  });

  it('an allowed page may read the denial', async () => {
    redirect = answerWith(307, { location: '/mcp/', 'access-control-allow-origin': '*' });
    expect((await ask('session', { origin: PAGE })).headers['access-control-allow-origin']).to.equal(PAGE);
    expect((await ask('session')).headers).to.not.have.property('access-control-allow-origin');
  });

  describe('in the status', () => {
    const reasons = async (name = 'raw') =>
      (await gateway.status()).backends?.find((backend) => backend.name === name)?.reasons ?? [];
    // Asks again each time: entries of requests before may arrive late.
    const shown = (part: string) =>
      eventually(
        async () => {
          await ask('session');
          return reasons();
        },
        (all) => all.some((reason) => reason.includes(part)),
      );

    for (const [what, location, part] of [
      ['another address', LOCATION, ' to http://elsewhere.example:81/other/mcp,'],
      ['the same address with a slash', '/mcp/', '/mcp/, which'],
      ['a relative address', 'v2?key=hunter2', '/v2, which'],
      ['something else', `javascript:${SECRET}`, 'other than an http URL'],
    ] as const) {
      it(`are named, without secrets: ${what}`, async () => {
        redirect = answerWith(308, { location });
        expect(JSON.stringify(await shown(part))).to.not.match(/hunter2|user/);
        expect(await reasons('other')).to.deep.equal([]);
      });
    }

    it('are named without a Location', async () => {
      redirect = answerWith(300, {});
      await shown('without a Location');
    });

    it('are forgotten once the backend is changed', async () => {
      redirect = answerWith(307, { location: '/mcp/' });
      await shown('/mcp/, which');
      // A late entry would count for the changed backend.
      let changes = 0;
      const change = async () => {
        changes += 1;
        gateway.writeBackend('raw', { ...backendOf('raw'), url: `${backendOf('raw').url}/${changes}` });
        await sleep(500);
        return reasons();
      };
      await eventually(change, (all) => all.length === 0);
    });
  });
});
