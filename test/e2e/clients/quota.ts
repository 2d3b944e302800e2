import { expect } from 'chai';
import { eventually } from '../../fixtures/replica-server/waiting.ts';
import {
  type ClientKind,
  type Connection,
  SDK1,
  SDK2_AUTO,
  SDK2_LEGACY,
  SDK2_PINNED,
  textOf,
} from '../../support/clients.ts';
import { Wire } from '../../support/clients-wire.ts';
import type { Document, TestGateway } from '../../support/gateway.ts';

const TOOL = 'test_simple_text';
const DAY = 86_400;

const KINDS = [
  { kind: SDK1, tenant: 'sdk1', legacy: true },
  { kind: SDK2_LEGACY, tenant: 'sdk2-legacy', legacy: true },
  { kind: SDK2_AUTO, tenant: 'sdk2-auto', legacy: false },
  { kind: SDK2_PINNED, tenant: 'sdk2-pinned', legacy: false },
];

/** Next to nothing refills while a test runs. */
const slow = (burst: number) => ({ requests: 1, per: 'day', burst });

/** A tenant for each client, which may make two calls, or four where it is raised, and one list; and some tenants for raw requests. */
export function tenantsWith(raised: readonly string[]): Document {
  const tenant = (name: string, quota: Document) => ({
    ...{ name, match: [{ claim: 'tenant', value: name }], quota },
  });
  const rules = (name: string) => [
    { name: 'calls', tools: ['*'], ...slow(raised.includes(name) ? 4 : 2) },
    { name: 'lists', methods: ['tools/list'], ...slow(1) },
    { name: 'openings', methods: ['initialize'], ...slow(2) },
    // It is free whatever is configured.
    { name: 'discoveries', methods: ['server/*'], ...slow(1) },
  ];
  return {
    tenants: [
      ...KINDS.map(({ tenant: name }) => tenant(name, { rules: rules(name) })),
      tenant('empty', { ...slow(2), users: slow(3), rules: [{ name: 'dear', tools: ['dear'], ...slow(10) }] }),
      tenant('counted', { ...slow(100), costs: [{ tools: ['dear'], cost: 7 }] }),
      tenant('tried', { ...slow(1), dryRun: true }),
    ],
  };
}

/** What the official clients do on a denial, and that they continue after it. */
export function quotas(gateway: () => TestGateway): void {
  const raised: string[] = [];
  for (const { kind, tenant, legacy } of KINDS) {
    describe(kind.name, () => {
      let connection: Connection;
      const options = async () => ({
        ...{ url: gateway().backendUrl('conformance'), wire: new Wire() },
        token: await gateway().token({ tenant }),
      });

      before(async () => {
        connection = await kind.connect(await options());
      });
      after(() => connection?.client.close());

      it('throws an error with the status and the response when a call is denied, and does not retry by itself', async () => {
        for (let call = 0; call < 2; call += 1) await expectCall(connection);
        const denial = await denialOf(kind, connection.call(TOOL));
        const id = JSON.parse(connection.wire.exchanges.all.at(-1)?.requestBody ?? '').id;
        expect(denial).to.deep.include({ jsonrpc: '2.0', id });
        expect(denial.error).to.deep.include({
          code: -32013,
          data: { tenant, bucket: 'rule calls', retryAfterSeconds: DAY },
        });
        const calls = connection.wire.exchanges.all.filter(({ requestBody }) => requestBody.includes('"tools/call"'));
        expect(calls.map(({ status }) => status)).to.deep.equal([200, 200, 429]);
        expect(calls.at(-1)?.responseHeaders.get('retry-after')).to.equal(String(DAY));
      });

      it('continues in the same session with what another bucket lets pass, and gets its denials too', async () => {
        const session = connection.sessionId();
        expect((await connection.client.listTools()).tools).not.to.have.length(0);
        const denial = await denialOf(kind, connection.client.listTools());
        expect(denial).to.have.nested.property('error.data.bucket', 'rule lists');
        expect(connection.sessionId()).to.equal(session);
      });

      it('continues in the same session as soon as the limit is raised, and what was used stays used', async () => {
        const session = connection.sessionId();
        raised.push(tenant);
        gateway().writeTenants(tenantsWith(raised));
        await eventually(
          () => connection.call(TOOL),
          ({ content }) => content.length === 1,
        );
        await expectCall(connection);
        await denialOf(kind, connection.call(TOOL));
        expect(connection.sessionId()).to.equal(session);
      });

      if (legacy) {
        it('cannot open a session when initialize is denied, and reports why', async () => {
          const second = await kind.connect(await options());
          await second.client.close();
          const denial = await denialOf(kind, kind.connect(await options()));
          expect(denial).to.have.nested.property('error.data.bucket', 'rule openings');
        });
      } else {
        it('connects when everything is used up, since server/discover is free', async () => {
          const second = await kind.connect(await options());
          expect(second.wire.sentMethods).to.include('server/discover');
          expect(second.protocolVersion()).to.equal('2026-07-28');
          expect(second.wire.exchanges.all.every(({ status }) => status < 400)).to.equal(true);
          await denialOf(kind, second.call(TOOL));
          await second.client.close();
        });
      }
    });
  }
}

async function expectCall(connection: Connection): Promise<void> {
  expect(textOf(await connection.call(TOOL))).to.match(/^This is a simple text/);
}

/** The JSON-RPC error inside an official client's error. Throws if nothing was denied, or not by a quota. */
async function denialOf(kind: ClientKind, action: Promise<unknown>): Promise<{ error: unknown }> {
  const error = await action.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof Error)) throw new Error('it was not denied');
  if (kind === SDK1) {
    expect(error).to.include({ code: 429 });
    return JSON.parse(error.message.slice(error.message.indexOf('{')));
  }
  expect(error).to.include({ name: 'SdkHttpError' }).and.have.nested.property('data.status', 429);
  const { data } = error as Error & { data: { text: string } };
  expect(error.message).to.include(data.text);
  return JSON.parse(data.text);
}
