import { expect } from 'chai';
import { type ListServer, startListServer } from '../fixtures/list-server/mcp.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { type ClientKind, type McpClient, SDK1, SDK2_LEGACY, SDK2_PINNED } from '../support/clients.ts';
import { carries } from '../support/clients-wire.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';

const match = [{ claim: 'tenant', value: 'engineering' }];
const roles = [{ name: 'lead', match: [{ claim: 'sub', value: 'lea' }] }];
const everything = { allow: ['*'] };
const leads = { roles: ['lead'], tools: everything, prompts: everything, resources: everything };
const tenants = (tools: string[]) => ({
  tenants: [
    {
      name: 'engineering',
      match,
      roles,
      rules: [
        { tools: { allow: tools }, prompts: { allow: ['greet'] }, resources: { allow: ['docs://open/*'] } },
        leads,
      ],
    },
  ],
});
const READERS = tenants(['read_*']);

/** The names of everything that a client can list. */
async function shown(client: McpClient): Promise<Record<string, string[]>> {
  const { tools } = await client.listTools();
  const { prompts } = await client.listPrompts();
  const { resources } = await client.listResources();
  const { resourceTemplates } = await client.listResourceTemplates();
  return {
    tools: tools.map(({ name }) => name),
    prompts: prompts.map(({ name }) => name),
    resources: resources.map(({ uri }) => uri),
    templates: resourceTemplates.map(({ uriTemplate }) => uriTemplate),
  };
}

describe('lists show only what the caller may use', function () {
  this.timeout(30_000);

  const servers = new Map<string, ListServer>();
  let gateway: TestGateway;

  before(async () => {
    for (const form of ['json', 'events'] as const) servers.set(form, await startListServer(form));
    const backends = Object.fromEntries(
      [...servers].map(([name, { url }]) => [
        name,
        { name, url, healthCheck: { type: 'none' }, tools: { deny: ['*_b'] } },
      ]),
    );
    gateway = await startGateway({ backends, tenants: READERS });
  });
  after(async () => {
    await gateway?.stop();
    for (const server of servers.values()) await server.stop();
  });

  const connect = async (kind: ClientKind, backend: string, subject: string) =>
    kind.connect({ url: gateway.backendUrl(backend), token: await gateway.token({ subject }) });

  for (const kind of [SDK1, SDK2_LEGACY, SDK2_PINNED]) {
    for (const form of ['json', 'events']) {
      it(`to ${kind.name}, from answers in ${form === 'json' ? 'JSON' : 'event streams'}`, async () => {
        const developer = await connect(kind, form, 'dev');
        const lead = await connect(kind, form, 'lea');
        expect(await shown(developer.client)).to.deep.equal({
          tools: ['read_a'],
          prompts: ['greet'],
          resources: ['docs://open/a'],
          templates: ['docs://open/{name}'],
        });
        expect(await shown(lead.client)).to.deep.equal({
          tools: ['read_a', 'delete_a'],
          prompts: ['greet', 'persuade'],
          resources: ['docs://open/a', 'docs://secret/b'],
          templates: ['docs://open/{name}', 'docs://secret/{name}'],
        });
        const answer = developer.wire.exchanges.all.find(carries('tools/list'));
        expect(answer?.responseHeaders.get('content-type')).to.match(
          form === 'json' ? /^application\/json/ : /^text\/event/,
        );
        expect((await developer.call('read_a')).content).to.deep.equal([{ type: 'text', text: 'read_a' }]);
        await developer.client.close();
        await lead.client.close();
      });
    }
  }

  it('and are marked as private to the caller, whatever cacheScope the server sets', async () => {
    const { client } = await connect(SDK2_PINNED, 'json', 'dev');
    const { tools, ...rest } = await client.listTools();
    expect(tools).to.have.length(1);
    expect(rest).to.include({ cacheScope: 'private', ttlMs: 60_000 });
    await client.close();
  });

  it('as soon as the policy changes, in open sessions too', async () => {
    const { client } = await connect(SDK1, 'events', 'dev');
    const tools = async () => (await client.listTools()).tools.map(({ name }) => name);
    expect(await tools()).to.deep.equal(['read_a']);
    gateway.writeTenants(tenants(['delete_*']));
    await eventually(tools, (names) => names.join() === 'delete_a');
    gateway.writeTenants(tenants([]));
    await eventually(tools, (names) => names.length === 0);
    gateway.writeTenants(READERS);
    await eventually(tools, (names) => names.join() === 'read_a');
    await client.close();
  });
});
