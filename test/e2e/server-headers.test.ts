import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { connect } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { MAX_SERVER_SESSION_ID_LENGTH } from '../../core/session/seal.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { rules } from './policy-lists-setup.ts';

/** All headers of a response, in order, with every repetition. */
interface RawAnswer {
  status: number;
  headers: [name: string, value: string][];
  body: string;
}

type Send = (url: string, headers: Record<string, string>, body: string, method?: string) => Promise<RawAnswer>;

const overHttp1: Send = async (url, headers, body, method = 'POST') => {
  const call = request(url, { method, headers, agent: false });
  call.end(body);
  const [response] = (await once(call, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = await response.toArray();
  return {
    status: response.statusCode ?? 0,
    headers: pairs(response.rawHeaders),
    body: Buffer.concat(chunks).toString(),
  };
};

const overHttp2: Send = async (url, headers, body, method = 'POST') => {
  const { origin, pathname } = new URL(url);
  const client = connect(origin);
  try {
    const call = client.request({ ':method': method, ':path': pathname, ...headers }, { endStream: body === '' });
    if (body !== '') call.end(body);
    const [fields, , raw] = (await once(call, 'response')) as [{ ':status'?: number }, number, string[]];
    const chunks: Buffer[] = await call.toArray();
    return { status: fields[':status'] ?? 0, headers: pairs(raw), body: Buffer.concat(chunks).toString() };
  } finally {
    client.close();
  }
};

function pairs(raw: readonly string[]): [string, string][] {
  return raw.flatMap((name, index) => (index % 2 === 0 ? [[name.toLowerCase(), raw[index + 1] ?? '']] : []));
}

const SESSION = 'mcp-session-id';
const valuesOf = ({ headers }: RawAnswer, wanted: string) =>
  headers.filter(([name]) => name === wanted).map(([, value]) => value);
const errorOf = ({ body }: RawAnswer) => {
  const { id, error } = JSON.parse(body) as { id: unknown; error?: { code: number; message: string } };
  return { id, code: error?.code };
};

/** What the gateway itself adds to a response. */
const OWN = [
  ':status',
  'cache-control',
  'connection',
  'date',
  'keep-alive',
  'server',
  'transfer-encoding',
  'x-request-id',
];

/** Headers of servers that must not reach clients, under names that the allow list does not hold either. */
const UNWANTED: Record<string, string | string[]> = {
  'set-cookie': 'a=b; Path=/',
  'access-control-allow-origin': '*',
  'access-control-allow-credentials': 'true',
  'access-control-expose-headers': '*',
  'www-authenticate': 'Bearer resource_metadata="http://evil.example"',
  'proxy-authenticate': 'Basic',
  'authentication-info': 'x',
  'x-mcp-pin': Buffer.from('127.0.0.1:1').toString('base64'),
  'x-mcp-lane': 'open',
  'x-envoy-upstream-service-time': '1',
  ratelimit: '"tenant";r=0',
  'ratelimit-policy': '"tenant";q=0',
  'x-ratelimit-remaining': '0',
  'alt-svc': 'h2="evil.example:443"; persist=1',
  'strict-transport-security': 'max-age=99999999',
  'clear-site-data': '"*"',
  refresh: '0; url=http://evil.example',
  link: '<http://evil.example>; rel=preload',
  'service-worker-allowed': '/',
  'retry-after': '999999',
  'x-request-id': 'forged',
  server: 'forged',
  via: '1.1 forged',
  trailer: 'x-late',
  upgrade: 'h2c',
  age: '1',
  vary: '*',
  etag: '"1"',
  expires: 'Thu, 01 Dec 2044 16:00:00 GMT',
  'last-modified': 'Thu, 01 Dec 1994 16:00:00 GMT',
  'content-location': '/other/mcp',
  'content-security-policy': 'x',
  'content-type-options': 'nosniff',
  content: 'x',
  allowed: 'GET',
  mcp_session_id: 'servers-own',
  'mcp-session-ids': 'servers-own',
  'X-Of-The-Server': ['one', 'two'],
  'Set-Cookie2': 'a=b',
};

/** Headers of servers that clients get. */
const WANTED: Record<string, string> = {
  'MCP-Protocol-Version': '2025-06-18',
  Allow: 'GET, POST',
  'X-Accel-Buffering': 'no',
};

describe('headers of servers', function () {
  this.timeout(60_000);

  let gateway: TestGateway;
  let url: string;
  let token: string;
  let lead: string;
  /** The session ids of the next response to `initialize`, and what other responses carry. */
  let sessionIds: string[] = ['theirs'];
  let more: Record<string, string | string[]> = {};

  const server = createServer((call, response) => void answer(call, response));
  async function answer(call: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = Buffer.concat(await call.toArray()).toString();
    const message = (text === '' ? {} : JSON.parse(text)) as { id?: unknown; method?: string };
    const fields = Object.entries({ 'content-type': 'application/json', ...more }).flatMap(([name, value]) =>
      [value].flat().flatMap((one) => [name, one]),
    );
    const ids = message.method === 'initialize' ? sessionIds.flatMap((id) => [SESSION, id]) : [];
    response.writeHead(200, [...fields, ...ids]);
    const result = message.method === 'tools/list' ? { tools: [{ name: 'get_a' }, { name: 'drop' }] } : {};
    response.end(JSON.stringify({ jsonrpc: '2.0', id: message.id ?? null, result }));
  }

  before(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    gateway = await startGateway({
      backends: { raw: { name: 'raw', url: `http://127.0.0.1:${port}/mcp`, healthCheck: { type: 'none' } } },
      tenants: rules(['get_*']),
    });
    url = gateway.backendUrl('raw');
    token = await gateway.token({ subject: 'dev' });
    lead = await gateway.token({ subject: 'lea' });
  });
  after(async () => {
    await gateway?.stop();
    server.closeAllConnections();
    server.close();
  });
  beforeEach(() => {
    // A new one each time: a session that was ended stays ended.
    sessionIds = [randomUUID()];
    more = {};
  });

  const headersOf = (by: string, session?: string) => ({
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    authorization: `Bearer ${by}`,
    ...(session === undefined ? {} : { [SESSION]: session }),
  });
  const message = (method: string) => JSON.stringify({ jsonrpc: '2.0', id: 'mine', method, params: { name: 'get_a' } });
  const open = async (send: Send, by = token) => {
    const answer = await send(url, headersOf(by), message('initialize'));
    const [sealed = ''] = valuesOf(answer, SESSION);
    return { answer, sealed };
  };

  for (const [version, send] of [
    ['HTTP/1.1', overHttp1],
    ['HTTP/2', overHttp2],
  ] as const) {
    describe(`to a client over ${version}`, () => {
      for (const [what, ids] of [
        ['an empty id, then another', ['', 'server-two']],
        ['an id, then an empty one', ['server-one', '']],
        ['two ids', ['server-one', 'server-two']],
        ['the same id twice', ['server-one', 'server-one']],
        ['three ids', ['', '', 'server-three']],
        ['an id with a space', ['server one']],
        ['an id with a byte above ASCII', ['server-\xe9']],
        ['an id that is too long', [`server-${'x'.repeat(MAX_SERVER_SESSION_ID_LENGTH)}`]],
      ] as const) {
        it(`${what}: 502, and no id`, async () => {
          sessionIds = [...ids];
          const { answer } = await open(send);
          expect([answer.status, errorOf(answer)]).to.deep.equal([502, { id: 'mine', code: -32019 }]);
          expect(valuesOf(answer, SESSION)).to.deep.equal([]);
          expect(JSON.stringify(answer)).not.to.include('server-');
        });
      }

      it('empty ids open no session', async () => {
        for (const ids of [[''], ['', '']]) {
          sessionIds = ids;
          const { answer } = await open(send);
          expect([answer.status, valuesOf(answer, SESSION)]).to.deep.equal([200, []]);
        }
      });

      for (const ids of [['server-one'], ['', 'server-one'], ['server-one', ''], ['server-one', 'server-two'], ['']]) {
        it(`ids in other responses, ${JSON.stringify(ids)}: the sealed one, or none`, async () => {
          const { sealed } = await open(send);
          more = { [SESSION]: ids };
          for (const [by, method, session] of [
            [token, 'tools/call', sealed],
            [token, 'tools/list', sealed],
            [token, 'tools/call', undefined],
            [token, 'tools/list', undefined],
            [lead, 'tools/list', undefined],
          ] as const) {
            const answer = await send(url, headersOf(by, session), message(method));
            expect(answer.status).to.equal(200);
            const values = valuesOf(answer, SESSION);
            expect(values, `${method} ${session === undefined}`).to.deep.equal(session === undefined ? [] : [sealed]);
          }
          const ended = await send(url, headersOf(token, sealed), '', 'DELETE');
          expect([ended.status, valuesOf(ended, SESSION)]).to.deep.equal([200, [sealed]]);
        });
      }

      it('are removed in every lane, but for those that a client needs', async () => {
        const { sealed } = await open(send);
        sessionIds = [randomUUID()];
        const { sealed: ofLead } = await open(send, lead);
        sessionIds = [randomUUID()];
        more = { ...UNWANTED, ...WANTED, 'cache-control': 'public, max-age=99999' };
        for (const [by, method, session] of [
          [token, 'initialize', undefined],
          [token, 'tools/call', sealed],
          [token, 'tools/list', sealed],
          [token, 'tools/call', undefined],
          [token, 'tools/list', undefined],
          [lead, 'tools/call', ofLead],
          [lead, 'tools/call', undefined],
          [token, 'DELETE', sealed],
        ] as const) {
          const answer =
            method === 'DELETE'
              ? await send(url, headersOf(by, session), '', 'DELETE')
              : await send(url, headersOf(by, session), message(method));
          expect(answer.status).to.equal(200);
          const known = [...OWN, 'content-type', 'content-length', SESSION, ...Object.keys(WANTED)];
          const names = known.map((name) => name.toLowerCase());
          expect(answer.headers.filter(([name]) => !names.includes(name))).to.deep.equal([]);
          for (const [name, value] of Object.entries({ ...WANTED, 'cache-control': 'no-store' })) {
            expect(valuesOf(answer, name.toLowerCase()), `${method}: ${name}`).to.deep.equal([value]);
          }
          expect(JSON.stringify(answer.headers)).to.not.match(/forged|servers-own/);
        }
      });
    });
  }

  describe('in the log', () => {
    it('leave at most one warning of each kind and process, and no error', () => {
      const lines = gateway.log.filter(({ name, level }) => name.startsWith('ext-proc') && level >= 40);
      const kinds = lines.map(({ name, msg, reason }) => `${name} ${msg} ${String(reason)}`);
      expect(kinds).to.have.length.greaterThan(0);
      expect(new Set(kinds).size).to.be.at.least(kinds.length / 2);
      expect(lines.filter(({ level }) => level >= 50)).to.deep.equal([]);
    });
  });
});
