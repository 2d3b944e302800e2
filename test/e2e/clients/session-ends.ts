import { expect } from 'chai';
import { deny } from '../../../core/mcp/denial.ts';
import { type ClientKind, type Connection, SDK1, SDK2_LEGACY, textOf } from '../../support/clients.ts';
import { type Exchange, Wire } from '../../support/clients-wire.ts';
import type { TestGateway } from '../../support/gateway.ts';

/** A session id is useless after its end, and for other callers. */
export function sessionEnds(gateway: () => TestGateway): void {
  for (const kind of [SDK1, SDK2_LEGACY]) {
    for (const backend of ['everything', 'conformance']) {
      it(`${kind.name} ends a session of ${backend} with DELETE; after it the session is unknown`, async () => {
        const { connection, sessionId, url } = await open(kind, backend);
        await connection.terminate();
        expect(connection.wire.exchanges.all.at(-1)).to.include({ method: 'DELETE', status: 200 });
        expect(connection.sessionId()).to.equal(undefined);
        await connection.client.close();
        await expectUnknown(kind, { url, sessionId, token: await gateway().token() });
      });
    }

    it(`${kind.name} cannot use the session of another subject, which continues`, async () => {
      const { connection, sessionId, url } = await open(kind, 'everything');
      const mallory = await gateway().token({ subject: 'mallory' });
      const foreign = await expectUnknown(kind, { url, sessionId, token: mallory });
      const unknown = await expectUnknown(kind, { url, sessionId: 'never-given-out', token: mallory });
      expect(facts(foreign)).to.deep.equal(facts(unknown));

      for (const method of ['GET', 'DELETE']) {
        const ask = (id: string) => bare(method, url, mallory, id);
        const answer = await ask(sessionId);
        expect(answer).to.deep.equal(await ask('never-given-out'));
        expect(answer.status).to.equal(404);
        expect(JSON.parse(answer.body)).to.deep.include({ id: null }).and.have.nested.property('error.code', -32001);
      }
      expect(textOf(await connection.call('echo', { message: 'still here' }))).to.equal('Echo: still here');
      await connection.client.close();
    });

    it(`${kind.name} cannot use a session at another backend`, async () => {
      const { connection, sessionId } = await open(kind, 'everything');
      await expectUnknown(kind, {
        url: gateway().backendUrl('conformance'),
        sessionId,
        token: await gateway().token(),
      });
      await connection.client.close();
    });
  }

  async function open(
    kind: ClientKind,
    backend: string,
  ): Promise<{ connection: Connection; sessionId: string; url: string }> {
    const url = gateway().backendUrl(backend);
    const connection = await kind.connect({ url, token: await gateway().token() });
    return { connection, sessionId: connection.sessionId() ?? '', url };
  }
}

/** Sends a request of a session and expects the one response that reveals no reason. */
async function expectUnknown(
  kind: ClientKind,
  session: { url: string; sessionId: string; token: string },
): Promise<Exchange> {
  const wire = new Wire();
  const error = await kind.sendInSession({ ...session, wire }, { id: 4711, method: 'tools/list' }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).to.be.instanceOf(Error);
  const [exchange] = wire.exchanges.all;
  if (exchange === undefined) throw new Error('nothing was sent');
  expect(exchange.requestHeaders.get('mcp-session-id')).to.equal(session.sessionId);
  expect(exchange.status).to.equal(404);
  expect(JSON.parse(exchange.problem)).to.deep.equal({
    jsonrpc: '2.0',
    id: 4711,
    error: deny('unknown-session').error,
  });
  return exchange;
}

function facts({ status, problem, responseHeaders }: Exchange) {
  return { status, body: problem, headers: comparable(responseHeaders) };
}

async function bare(method: string, url: string, token: string, sessionId: string) {
  const headers = { authorization: `Bearer ${token}`, accept: 'text/event-stream', 'mcp-session-id': sessionId };
  const response = await fetch(url, { method, headers });
  return { status: response.status, body: await response.text(), headers: comparable(response.headers) };
}

/** Headers without those that differ between responses anyway. */
function comparable(headers: Headers): Array<[string, string]> {
  return [...headers].filter(([name]) => !['date', 'x-request-id'].includes(name));
}
