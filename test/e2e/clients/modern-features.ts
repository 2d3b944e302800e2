import { expect } from 'chai';
import { type ClientKind, type Connection, SDK2_AUTO, SDK2_PINNED, textOf } from '../../support/clients.ts';
import { carries } from '../../support/clients-wire.ts';
import type { TestGateway } from '../../support/gateway.ts';

/** The features of a client of 2026-07-28, without a session, against the conformance server. */
export function modernFeatures(gateway: () => TestGateway): void {
  for (const kind of [SDK2_AUTO, SDK2_PINNED]) {
    describe(`${kind.name}, against a server of 2026-07-28`, () => features(kind, gateway));

    it(`${kind.name} stays on one replica, although it has no session`, async () => {
      const connection = await kind.connect({ url: gateway().backendUrl('feature'), token: await gateway().token() });
      const replicas = new Set<string>();
      for (let call = 0; call < CALLS; call++) replicas.add(textOf(await connection.call('replica')));
      await connection.client.close();
      expect(replicas.size).to.equal(1);
    });
  }
}

/** Consecutive calls, enough to reach both replicas if they were placed at random. */
const CALLS = 20;

function features(kind: ClientKind, gateway: () => TestGateway): void {
  let connection: Connection;

  before(async () => {
    connection = await kind.connect({ url: gateway().backendUrl('conformance'), token: await gateway().token() });
  });
  after(() => connection?.client.close());

  it('agrees on 2026-07-28 by server/discover alone', () => {
    expect(connection.protocolVersion()).to.equal('2026-07-28');
    expect(connection.client.getServerVersion()?.name).to.equal('conformance-fixture');
    expect(connection.wire.sentMethods).to.deep.equal(['server/discover']);
  });

  it('lists tools, resources, templates and prompts', async () => {
    const { client } = connection;
    expect((await client.listTools()).tools.map(({ name }) => name)).to.include('test_simple_text');
    expect((await client.listResources()).resources.map(({ uri }) => uri)).to.include('test://static-text');
    expect((await client.listResourceTemplates()).resourceTemplates).to.have.length(1);
    expect((await client.listPrompts()).prompts.map(({ name }) => name)).to.include('test_simple_prompt');
  });

  it('calls tools, reads a resource, gets a prompt and completes an argument', async () => {
    const { client, call } = connection;
    expect(textOf(await call('test_simple_text'))).to.equal('This is a simple text response for testing.');
    expect((await call('test_error_handling')).isError).to.equal(true);
    const { contents } = await client.readResource({ uri: 'test://template/7/data' });
    expect(JSON.parse(contents[0]?.text ?? '')).to.include({ id: '7' });
    const name = 'test_prompt_with_arguments';
    expect((await client.getPrompt({ name, arguments: { arg1: 'a', arg2: 'b' } })).messages).to.have.length(1);
    const argument = { name: 'arg1', value: 'par' };
    expect((await client.complete({ ref: { type: 'ref/prompt', name }, argument })).completion.values).to.deep.equal([
      'paris',
    ]);
  });

  it('repeats an argument in the header that the tool requires', async () => {
    await connection.client.listTools();
    expect(textOf(await connection.call('test_custom_header', { region: 'eu-north' }))).to.equal('eu-north');
    const exchange = connection.wire.exchanges.all.findLast(carries('tools/call'));
    expect(exchange?.requestHeaders.get('mcp-param-region')).to.equal('eu-north');
    expect(exchange?.requestHeaders.get('mcp-name')).to.equal('test_custom_header');
  });

  it('gets progress in the stream of its call', async () => {
    const steps: number[] = [];
    await connection.call('test_tool_with_progress', {}, { onprogress: ({ progress }) => steps.push(progress) });
    expect(steps).to.deep.equal([0, 50, 100]);
  });

  const rounds: Array<[tool: string, expected: string, asked: string[]]> = [
    ['test_input_required_result_elicitation', 'Hello, typed name!', ['elicitation/create']],
    ['test_input_required_result_sampling', 'forty-two', ['sampling/createMessage']],
    ['test_input_required_result_list_roots', 'file:///projects/one', ['roots/list']],
    ['test_input_required_result_request_state', 'state-ok', ['elicitation/create']],
    [
      'test_input_required_result_multi_round',
      'typed name likes typed color',
      ['elicitation/create', 'elicitation/create'],
    ],
  ];
  for (const [tool, expected, asked] of rounds) {
    it(`answers the requests of ${tool}`, async () => {
      const before = connection.asked.length;
      expect(textOf(await connection.call(tool))).to.include(expected);
      expect(connection.asked.slice(before)).to.deep.equal(asked);
    });
  }

  it('listens for changes on a separate stream, until it closes it', async () => {
    const subscription = await connection.listen?.();
    const from = connection.notifications.all.length;
    // Ring-hashed by principal, so that the call reaches the replica that holds the stream.
    await connection.call('test_trigger_tool_change');
    await connection.notifications.first(({ method }) => method === 'notifications/tools/list_changed', from);
    await subscription?.close();
    expect(await subscription?.closed).to.equal('local');
  });

  it('never got a session, and sent nothing but POST', () => {
    for (const { method, requestBody, requestHeaders, responseHeaders, status } of connection.wire.exchanges.all) {
      expect(method).to.equal('POST');
      expect(status).to.be.oneOf([200, 202]);
      expect(requestHeaders.get('mcp-protocol-version')).to.equal('2026-07-28');
      // The client names the method of requests only, not of the notification that ends its subscription.
      expect(requestHeaders.has('mcp-method')).to.equal(requestBody.includes('"id":'));
      expect(requestHeaders.has('mcp-session-id')).to.equal(false);
      expect(responseHeaders.has('mcp-session-id')).to.equal(false);
    }
  });
}
