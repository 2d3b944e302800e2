import { expect } from 'chai';
import {
  type ClientKind,
  type Connection,
  SDK1,
  SDK2_AUTO,
  SDK2_LEGACY,
  SDK2_PINNED,
  textOf,
} from '../../support/clients.ts';
import { carries, Wire } from '../../support/clients-wire.ts';
import type { TestGateway } from '../../support/gateway.ts';

/** All features of a legacy session, with every client that speaks it, against server-everything. */
export function legacyFeatures(gateway: () => TestGateway): void {
  for (const kind of [SDK1, SDK2_LEGACY, SDK2_AUTO])
    describe(`${kind.name}, against server-everything`, () => features(kind, gateway));

  for (const kind of [SDK1, SDK2_LEGACY]) {
    it(`${kind.name} is notified on its GET stream that a list has changed`, async () => {
      const connection = await kind.connect({
        url: gateway().backendUrl('conformance'),
        token: await gateway().token(),
      });
      try {
        await openedStream(connection);
        await connection.call('test_trigger_tool_change');
        await connection.notifications.first(({ method }) => method === 'notifications/tools/list_changed');
      } finally {
        await connection.client.close();
      }
    });
  }

  it(`${SDK2_PINNED.name} learns from server-everything that its revision is not supported`, async () => {
    const wire = new Wire();
    const options = { url: gateway().backendUrl('everything'), token: await gateway().token(), wire };
    const error = await SDK2_PINNED.connect(options).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).to.have.property('code', 'ERA_NEGOTIATION_FAILED');
    expect(wire.sentMethods).to.deep.equal(['server/discover']);
  });
}

function features(kind: ClientKind, gateway: () => TestGateway): void {
  let connection: Connection;

  before(async () => {
    connection = await kind.connect({ url: gateway().backendUrl('everything'), token: await gateway().token() });
  });
  after(() => connection?.client.close());

  it('initializes a session with a sealed id, and speaks the newest legacy revision', async () => {
    expect(connection.client.getServerVersion()?.name).to.equal('mcp-servers/everything');
    expect(connection.protocolVersion()).to.equal('2025-11-25');
    expect(connection.sessionId()).to.match(/^[A-Za-z0-9_-]{100,}$/);
    const opening = kind === SDK2_AUTO ? ['server/discover', 'initialize'] : ['initialize'];
    expect(connection.wire.sentMethods.slice(0, opening.length)).to.deep.equal(opening);
  });

  it('lists tools, resources, templates and prompts', async () => {
    const { client } = connection;
    expect((await client.listTools()).tools.map(({ name }) => name)).to.include.members([
      'echo',
      'get-structured-content',
      // Offered only because of the capabilities that this client sent with initialize.
      'trigger-sampling-request',
      'trigger-elicitation-request',
      'get-roots-list',
    ]);
    expect((await client.listResources()).resources).to.have.length.above(0);
    expect((await client.listResourceTemplates()).resourceTemplates).to.have.length.above(0);
    expect((await client.listPrompts()).prompts.map(({ name }) => name)).to.include('args-prompt');
  });

  it('calls tools, with structured content and with a failure that is a result', async () => {
    expect(textOf(await connection.call('echo', { message: 'Grüße, 世界' }))).to.equal('Echo: Grüße, 世界');
    const weather = await connection.call('get-structured-content', { location: 'New York' });
    expect(weather.structuredContent).to.deep.equal({ temperature: 33, conditions: 'Cloudy', humidity: 82 });
    expect((await connection.call('get-sum', { a: 'not a number', b: 1 })).isError).to.equal(true);
  });

  it('reads a resource that was listed', async () => {
    const [listed] = (await connection.client.listResources()).resources;
    const uri = listed?.uri ?? '';
    expect((await connection.client.readResource({ uri })).contents[0]).to.include({ uri });
  });

  it('gets a prompt and completes an argument in context', async () => {
    const { messages } = await connection.client.getPrompt({ name: 'args-prompt', arguments: { city: 'Oslo' } });
    expect(messages).to.deep.equal([{ role: 'user', content: { type: 'text', text: "What's weather in Oslo?" } }]);
    const { completion } = await connection.client.complete({
      ref: { type: 'ref/prompt', name: 'completable-prompt' },
      argument: { name: 'name', value: 'D' },
      context: { arguments: { department: 'Sales' } },
    });
    expect(completion.values).to.deep.equal(['David']);
  });

  it('gets progress in the stream of its call', async () => {
    const steps: number[] = [];
    const onprogress = ({ progress }: { progress: number }) => steps.push(progress);
    await connection.call('trigger-long-running-operation', { duration: 0.3, steps: 3 }, { onprogress });
    expect(steps).to.deep.equal([1, 2, 3]);
    const exchange = connection.wire.exchanges.all.findLast(carries('tools/call'));
    expect(exchange?.responseHeaders.get('content-type')).to.equal('text/event-stream');
  });

  it('answers sampling and elicitation in the middle of a call', async () => {
    expect(textOf(await connection.call('trigger-sampling-request', { prompt: 'Which?' }))).to.include('forty-two');
    const filled = await connection.call('trigger-elicitation-request');
    expect(filled.content.map(({ text }) => text).join('\n')).to.include('Name: typed name');
    expect(connection.asked).to.include.members(['sampling/createMessage', 'elicitation/create']);
  });

  it('answers a request for its roots on the GET stream', async () => {
    await openedStream(connection);
    // The server requests them again after this, on the GET stream.
    expect(textOf(await connection.call('get-roots-list'))).to.include('file:///projects/one');
    expect(connection.asked).to.include('roots/list');
  });

  it('gets log messages and resource updates on the GET stream', async () => {
    const { client, notifications } = connection;
    await openedStream(connection);
    await client.setLoggingLevel('debug');
    const uri = 'demo://resource/dynamic/text/1';
    const from = notifications.all.length;
    await client.subscribeResource({ uri });
    await connection.call('toggle-simulated-logging');
    await connection.call('toggle-subscriber-updates');
    const log = await notifications.first(
      ({ method, params }) => method === 'notifications/message' && String(params?.data).includes('level'),
      from,
    );
    expect(log.params).to.have.property('level');
    const update = await notifications.first(({ method }) => method === 'notifications/resources/updated', from);
    expect(update.params).to.include({ uri });
    await connection.call('toggle-simulated-logging');
    await connection.call('toggle-subscriber-updates');
    await client.unsubscribeResource({ uri });
  });

  it('keeps the same session id throughout', () => {
    const ids = connection.wire.exchanges.all.flatMap(
      ({ requestHeaders }) => requestHeaders.get('mcp-session-id') ?? [],
    );
    expect([...new Set(ids)]).to.deep.equal([connection.sessionId()]);
    const returned = connection.wire.exchanges.all.flatMap(
      ({ responseHeaders }) => responseHeaders.get('mcp-session-id') ?? [],
    );
    expect([...new Set(returned)]).to.deep.equal([connection.sessionId()]);
  });
}

/** Waits until the client has its GET stream. */
async function openedStream({ wire }: Connection): Promise<void> {
  await wire.exchanges.first(({ method, status }) => method === 'GET' && status === 200);
}
