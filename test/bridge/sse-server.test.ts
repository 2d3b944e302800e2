import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { expect } from 'chai';
import { SESSION_END } from '../../bridge/session-end.ts';
import { deny } from '../../core/mcp/denial.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { tlsPair, tlsText } from '../fixtures/tls/files.ts';
import { bridgeTo, denialIn, errorOf, initialize, messagesOf, request, type TestBridge } from './support.ts';

type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void;

describe('a bridge to a server that speaks HTTP+SSE', () => {
  const ends: (() => unknown)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  /** A server whose event stream the handler of GET writes, and a bridge to it. */
  async function bridgeToServer(get: Handler, post?: Handler, more: object = {}): Promise<TestBridge> {
    const server = createServer(async (incoming, response) => {
      let body = '';
      for await (const chunk of incoming.setEncoding('utf8')) body += chunk;
      if (incoming.method === 'GET') get(incoming, response, body);
      else (post ?? (() => response.writeHead(202).end()))(incoming, response, body);
    });
    const url = `${await listen(server)}/sse`;
    const bridge = await bridgeTo(['unused'], { server: { sse: { url, tls: () => ({}) } }, ...more });
    ends.push(
      () => server.closeAllConnections(),
      () => server.close(),
      () => bridge.stop(),
    );
    return bridge;
  }

  async function listen(server: Server): Promise<string> {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  const INITIALIZED = { protocolVersion: '2024-11-05', capabilities: {}, serverInfo: { name: 's', version: '1' } };

  /** A server that answers `initialize`, and everything else with what `answer` writes. */
  function talking(answer: (message: { id?: number; method: string }, say: (text: string) => void) => void) {
    let stream: ServerResponse | undefined;
    const posts: { url: string; body: string; headers: IncomingMessage['headers'] }[] = [];
    const say = (text: string): void => void stream?.write(`event: message\ndata: ${text}\n\n`);
    const get: Handler = (_request, response) => {
      stream = response;
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('event: endpoint\ndata: /post?session=1\n\n');
    };
    const post: Handler = ({ url = '', headers }, response, body) => {
      posts.push({ url, body, headers });
      response.writeHead(202).end();
      const message = JSON.parse(body);
      if (message.method === 'initialize') say(JSON.stringify({ jsonrpc: '2.0', id: message.id, result: INITIALIZED }));
      else answer(message, say);
    };
    return { get, post, posts, say, end: () => stream?.end() };
  }

  it('passes messages on unchanged, one after the other, to the endpoint that the server names', async () => {
    const answer = '{"jsonrpc":"2.0",  "result":{"n":12345678901234567890},"id":';
    const server = talking(({ id }, say) => id !== undefined && say(`${answer}${id}}`));
    const bridge = await bridgeToServer(server.get, server.post);
    const session = await bridge.open();
    const text = '{"id":7,  "method":"tools/list","jsonrpc":"2.0","params":{"n":9007199254740993}}';
    const [note, response] = [
      await bridge.post({ jsonrpc: '2.0', method: 'notifications/initialized' }, session),
      await bridge.post(text, session),
    ];
    expect(note.status).to.equal(202);
    expect(await response.text()).to.contain(`data: ${answer}7}\n`);
    expect(server.posts.map(({ url }) => url)).to.deep.equal(Array(3).fill('/post?session=1'));
    expect(server.posts[1]?.body).to.contain('initialized');
    expect(server.posts[2]?.body).to.equal(text);
  });

  it('passes on the headers that the gateway adds, and none of the connection or of MCP', async () => {
    const server = talking(() => undefined);
    const bridge = await bridgeToServer(server.get, server.post);
    const session = await bridge.open();
    const headers = {
      authorization: 'Bearer secret',
      'x-mcp-subject': 'ada',
      'x-mcp-user': 'u',
      'x-api-key': 'k',
      'x-envoy-a': '1',
    };
    await bridge.post({ jsonrpc: '2.0', method: 'notifications/initialized' }, session, headers);
    await eventually(
      () => server.posts.length,
      (count) => count === 2,
    );
    const sent = server.posts[1]?.headers;
    expect(sent).to.include({ authorization: 'Bearer secret', 'x-api-key': 'k' });
    expect(sent).not.to.have.any.keys('mcp-session-id', 'x-mcp-user', 'x-envoy-a', 'accept-encoding');
  });

  it('sends what the server sends by itself to the GET stream', async () => {
    const server = talking(() => undefined);
    const bridge = await bridgeToServer(server.get, server.post);
    const session = await bridge.open();
    const change = '{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}';
    server.say(change);
    const stream = await bridge.get(session);
    const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader?.read())?.value).to.contain(change);
    await reader?.cancel();
  });

  it('ends the stream with DELETE', async () => {
    let closed = false;
    const server = talking(() => undefined);
    const get: Handler = (incoming, response, body) => {
      server.get(incoming, response, body);
      response.once('close', () => {
        closed = true;
      });
    };
    const bridge = await bridgeToServer(get, server.post);
    const session = await bridge.open();
    expect((await bridge.remove(session)).status).to.equal(200);
    await eventually(
      () => closed,
      (is) => is,
    );
    expect((await bridge.post(request('tools/list'), session)).status).to.equal(404);
  });

  it('ends the session with the stream: unanswered requests get an error, later ones 404', async () => {
    const server = talking(({ method }) => method === 'tools/call' && server.end());
    const bridge = await bridgeToServer(server.get, server.post);
    const session = await bridge.open();
    const [message] = await messagesOf(await bridge.post(request('tools/call'), session));
    expect(message?.error?.message).to.equal(SESSION_END.streamEnded);
    expect((await bridge.post(request('tools/list'), session)).status).to.equal(404);
  });

  it('answers a request that the server does not accept with an error, and continues', async () => {
    const server = talking(({ id }, say) => say(JSON.stringify({ jsonrpc: '2.0', id, result: {} })));
    const post: Handler = (incoming, response, body) => {
      if (body.includes('tools/call')) response.writeHead(500).end('no');
      else server.post(incoming, response, body);
    };
    const bridge = await bridgeToServer(server.get, post);
    const session = await bridge.open();
    const [failed] = await messagesOf(await bridge.post(request('tools/call'), session));
    expect(failed?.error?.message).to.match(/HTTP status 500/);
    expect(await bridge.ask(session, 'tools/list')).to.have.property('result');
  });

  it('ends the session if the server has forgotten it', async () => {
    const server = talking(() => undefined);
    const post: Handler = (incoming, response, body) => {
      if (body.includes('tools/call')) response.writeHead(404).end();
      else server.post(incoming, response, body);
    };
    const bridge = await bridgeToServer(server.get, post);
    const session = await bridge.open();
    const [failed] = await messagesOf(await bridge.post(request('tools/call'), session));
    expect(failed).to.have.property('error');
    await eventually(
      async () => (await bridge.post(request('tools/list'), session)).status,
      (status) => status === 404,
    );
  });

  it('ends the session at an event that is too large', async () => {
    const server = talking(({ id }, say) => say(JSON.stringify({ jsonrpc: '2.0', id, result: 'x'.repeat(5_000) })));
    const bridge = await bridgeToServer(server.get, server.post, { maxMessageBytes: 4_096 });
    const session = await bridge.open();
    const [message] = await messagesOf(await bridge.post(request('tools/call'), session));
    expect(message?.error?.message).to.equal(SESSION_END.eventTooLarge(4_096));
  });

  const UNUSABLE: Readonly<Record<string, { get: Handler; why: RegExp }>> = {
    'a redirect': { get: (_, response) => response.writeHead(307, { location: '/mcp' }).end(), why: /redirects GET/ },
    'an unknown path': { get: (_, response) => response.writeHead(404).end(), why: /HTTP status 404/ },
    'a page': {
      get: (_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>'),
      why: /without an event stream/,
    },
    'an endpoint of another origin': {
      get: (_, response) =>
        response
          .writeHead(200, { 'content-type': 'text/event-stream' })
          .write('event: endpoint\ndata: http://127.0.0.2:9/post\n\n'),
      why: /another origin/,
    },
    'an endpoint that is not a URL': {
      get: (_, response) =>
        response.writeHead(200, { 'content-type': 'text/event-stream' }).write('event: endpoint\ndata: http://[\n\n'),
      why: /not a URL/,
    },
    'an endpoint with credentials': {
      get: ({ headers }, response) =>
        response
          .writeHead(200, { 'content-type': 'text/event-stream' })
          .write(`event: endpoint\ndata: http://%zz@${headers.host}/post\n\n`),
      why: /with credentials/,
    },
    'no endpoint': {
      get: (_, response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': hello\n\n'),
      why: /did not name its endpoint/,
    },
    'the end before an endpoint': {
      get: (_, response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).end(),
      why: /closed its event stream/,
    },
  };
  for (const [what, { get, why }] of Object.entries(UNUSABLE)) {
    it(`opens no session at ${what}, and reports why`, async () => {
      const bridge = await bridgeToServer(get, undefined, { startMs: 500 });
      const response = await bridge.post(initialize());
      expect(response.status).to.equal(deny('server-not-started').status);
      const { message } = await errorOf(response);
      expect(message)
        .to.match(why)
        .and.not.match(/127\.0\.0/);
    });
  }

  it('verifies the certificate of the server, and presents its own', async () => {
    const server = talking(() => undefined);
    const options = {
      ...tlsPair('server'),
      ca: tlsText('client-one.pem'),
      requestCert: true,
      rejectUnauthorized: false,
    };
    const subjects: (string | undefined)[] = [];
    const https = createTlsServer(options, async (incoming, response) => {
      const { subject } = (incoming.socket as TLSSocket).getPeerCertificate();
      subjects.push(String(subject?.CN));
      let body = '';
      for await (const chunk of incoming.setEncoding('utf8')) body += chunk;
      (incoming.method === 'GET' ? server.get : server.post)(incoming, response, body);
    });
    https.listen(0, '127.0.0.1');
    await once(https, 'listening');
    const url = `https://127.0.0.1:${(https.address() as AddressInfo).port}/sse`;
    let ca = tlsText('second.pem');
    const bridge = await bridgeTo(['unused'], {
      server: { sse: { url, tls: () => ({ ca, ...tlsPair('client-one') }) } },
    });
    ends.push(
      () => https.closeAllConnections(),
      () => https.close(),
      () => bridge.stop(),
    );
    const denied = await bridge.post(initialize());
    expect(denied.status).to.equal(502);
    expect((await errorOf(denied)).message).to.match(/certificate/);
    ca = tlsText('server.pem');
    await bridge.open();
    expect(new Set(subjects)).to.deep.equal(new Set(['client one']));
  });

  it('is healthy while the server can be reached', async () => {
    const server = talking(() => undefined);
    const bridge = await bridgeToServer(server.get, server.post);
    expect((await fetch(`${bridge.origin}/healthz`)).status).to.equal(200);
    const [, close] = ends;
    await close?.();
    const gone = await eventually(
      () => fetch(`${bridge.origin}/healthz`),
      ({ status }) => status === 503,
    );
    expect(await gone.text()).to.match(/cannot be reached: .*ECONNREFUSED/);
    expect(await denialIn(await bridge.post(initialize()))).to.have.property('status', 502);
  });
});
