import { expect } from 'chai';
import { type ClientKind, SDK1, SDK2_LEGACY, textOf } from '../../support/clients.ts';
import type { TestGateway } from '../../support/gateway.ts';

interface Received {
  method: string;
  url: string;
  rawHeaders: string[];
  body: string;
  opened?: string;
}

/** Headers of a caller who knows the gateway's internals and tries to redirect the request. */
const INTRUSIVE = {
  cookie: 'session=secret',
  'x-mcp-lane': 'session',
  'x-mcp-backend': 'backend/conformance',
  'x-mcp-affinity': 'chosen',
  'x-mcp-pin': Buffer.from('127.0.0.1:1').toString('base64'),
};

/** What reaches an MCP server, as a server reports it. */
export function whatServersReceive(gateway: () => TestGateway): void {
  for (const kind of [SDK1, SDK2_LEGACY]) {
    it(`${kind.name}: the server gets its own session id, and no token, cookie or header of the gateway`, async () => {
      const { received, sealed, returned } = await wholeSession(kind);
      const opening = received.find(({ opened }) => opened !== undefined);
      const own = opening?.opened ?? '';
      expect(own).to.match(/^echo-/);
      const later = received.slice(received.indexOf(opening ?? fail()) + 1);
      expect(later.map(({ method }) => method)).to.include.members(['POST', 'GET', 'DELETE']);
      for (const request of later) expect(valuesOf(request, 'mcp-session-id'), request.body).to.deep.equal([own]);
      for (const request of received) expectClean(request, sealed);
      expect([...returned]).to.deep.equal([sealed]);
    });
  }

  const modern = {
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': 'tools/call',
    'mcp-name': 'received',
  };
  const envelope = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientInfo': { name: 'gateway-test', version: '1.0.0' },
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  const lanes: Array<[lane: string, headers: Record<string, string>, meta: object]> = [
    ['a legacy request without a session', {}, {}],
    ['a 2026-07-28 request', modern, { _meta: envelope }],
    [
      'a 2026-07-28 request with a session id',
      { ...modern, 'mcp-session-id': 'of-another-server' },
      { _meta: envelope },
    ],
  ];
  for (const [lane, headers, meta] of lanes) {
    it(`${lane} reaches its server without the caller's internal headers, and without a session id`, async () => {
      const token = await gateway().token();
      const response = await fetch(`${gateway().backendUrl('echo')}?marker=${encodeURIComponent(lane)}`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          ...headers,
          ...INTRUSIVE,
        },
        body: JSON.stringify({
          jsonrpc: '2.0',
          id: 1,
          method: 'tools/call',
          params: { name: 'received', arguments: {}, ...meta },
        }),
      });
      expect(response.status).to.equal(200);
      const answer = (await response.json()) as { result: { content: Array<{ type: string; text: string }> } };
      const request = (JSON.parse(textOf(answer.result)) as Received[]).at(-1) ?? fail();
      expect(request.url).to.equal(`/mcp?marker=${encodeURIComponent(lane)}`);
      expect(valuesOf(request, 'mcp-session-id')).to.deep.equal([]);
      expectClean(request, token);
      expect([...response.headers.keys()].filter((name) => /^(x-mcp-|mcp-session-id$)/.test(name))).to.deep.equal([]);
    });
  }

  /** A session from its opening to its end; then everything that the server received. */
  async function wholeSession(kind: ClientKind) {
    const options = {
      url: `${gateway().backendUrl('echo')}?marker=${encodeURIComponent(kind.name)}`,
      token: await gateway().token(),
    };
    const connection = await kind.connect(options);
    const sealed = connection.sessionId() ?? '';
    await connection.client.listTools();
    await connection.wire.exchanges.first(({ method }) => method === 'GET');
    await connection.terminate();
    await connection.client.close();
    const responses = connection.wire.exchanges.all.map(({ responseHeaders }) => responseHeaders);
    for (const headers of responses)
      expect([...headers.keys()].filter((name) => name.startsWith('x-mcp-'))).to.deep.equal([]);
    const returned = new Set(responses.flatMap((headers) => headers.get('mcp-session-id') ?? []));

    const reader = await kind.connect({ ...options, url: gateway().backendUrl('echo') });
    const all = JSON.parse(textOf(await reader.call('received'))) as Received[];
    await reader.client.close();
    return { received: all.filter(({ url }) => url === `/mcp${new URL(options.url).search}`), sealed, returned };
  }
}

/** Expects no secret of the caller and no internal header of the gateway. */
function expectClean(request: Received, secret: string): void {
  const names = request.rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
  expect(names.filter((name) => /^(authorization|cookie|x-mcp-.*)$/.test(name))).to.deep.equal([]);
  expect(JSON.stringify(request)).to.not.include(secret).and.not.include('Bearer ');
}

function valuesOf({ rawHeaders }: Received, name: string): string[] {
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name);
}

function fail(): never {
  throw new Error('the server did not receive it');
}
