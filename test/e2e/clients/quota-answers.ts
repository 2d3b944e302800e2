import { expect } from 'chai';
import {
  type Answer,
  endSession,
  openSession,
  parse,
  rpc,
  send,
  sendSound,
} from '../../fixtures/replica-server/client.ts';
import type { TestGateway } from '../../support/gateway.ts';

const DAY = 86_400;
const MODERN = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'gateway-test', version: '1.0.0' },
  'io.modelcontextprotocol/clientCapabilities': {},
};

/** The wire format of quotas, and what they never deny. */
export function answersOfQuotas(gateway: () => TestGateway): void {
  const url = () => gateway().backendUrl('replica');
  const token = (tenant: string, subject = 'developer') => gateway().token({ tenant, subject });
  const ask = async (tenant: string, message: unknown, subject?: string) =>
    sendSound(url(), await token(tenant, subject), { body: JSON.stringify(message) });
  const message = (method: string, id?: unknown, name?: string) => ({
    ...{ jsonrpc: '2.0', method, ...(id === undefined ? {} : { id }), params: name === undefined ? {} : { name } },
  });

  it('a success reports what is left, a free one reports nothing, and costs are debited', async () => {
    const first = await ask('counted', message('tools/call', 1, 'cheap'));
    expect(first.status).to.equal(200);
    expect(first.headers).to.include({ 'ratelimit-policy': `"tenant";q=100;w=${100 * DAY}` });
    expect(first.headers).to.include({ ratelimit: `"tenant";r=99;t=${DAY}` });
    expect(first.headers).not.to.have.property('retry-after');
    for (const free of [message('ping', 2), message('notifications/progress')]) {
      const { status, headers } = await ask('counted', free);
      expect(status).to.be.below(300);
      expect(headers).not.to.have.any.keys('ratelimit', 'ratelimit-policy');
    }
    const dear = await ask('counted', message('tools/call', 3, 'dear'));
    expect(remaining(dear)).to.deep.equal({ tenant: 92 });
    // A batch costs what its messages cost.
    const batch = [message('ping', 4), message('tools/list', 5), message('tools/call', 6, 'dear')];
    expect(remaining(await ask('counted', batch))).to.deep.equal({ tenant: 84 });
  });

  it('a denial names the bucket, has the id of the request, and debits no other bucket', async () => {
    const { session } = await openSession(url(), { token: await token('empty') });
    const second = await ask('empty', message('tools/list', 2));
    expect(remaining(second)).to.deep.equal({ tenant: 0, user: 1 });
    for (const id of [7, 'seven', 9007199254740993n]) {
      const denied = await sendSound(url(), await token('empty'), {
        body: `{"jsonrpc":"2.0","id":${typeof id === 'bigint' ? id : JSON.stringify(id)},"method":"tools/list"}`,
      });
      expect(denied.status).to.equal(429);
      expect(denied.headers).to.include({ 'content-type': 'application/json', 'retry-after': String(DAY) });
      expect(denied.body).to.include(`"id":${typeof id === 'bigint' ? id : JSON.stringify(id)},`);
      expect(parse(denied).error).to.deep.include({
        code: -32013,
        data: { tenant: 'empty', bucket: 'tenant', retryAfterSeconds: DAY },
      });
      // The user's bucket would let it pass, so it has no time: none may be later than Retry-After.
      expect(denied.headers.ratelimit).to.match(/^"tenant";r=0;t=86400(, "user";r=1)?$/);
      expect(denied.headers['ratelimit-policy']).to.equal(`"tenant";q=2;w=${2 * DAY}, "user";q=3;w=${3 * DAY}`);
    }
    const batch = await ask('empty', [message('tools/list', 8), message('ping', 9)]);
    expect([batch.status, parse(batch).id]).to.deep.equal([429, null]);

    // Requests that a quota never denies.
    const caller = { token: await token('empty'), session };
    for (const free of ['ping', 'notifications/cancelled']) {
      expect((await rpc(url(), caller, free)).status, free).to.equal(200);
    }
    const stream = await send(url(), { method: 'GET', headers: { authorization: `Bearer ${caller.token}` } });
    expect(stream.status).not.to.equal(429);
    const discover = await sendSound(url(), caller.token, {
      headers: { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'server/discover' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'server/discover', params: { _meta: MODERN } }),
    });
    expect(discover.status).to.equal(200);
    expect(discover.headers).not.to.have.property('ratelimit');
    expect((await endSession(url(), caller)).status).to.equal(200);
    expect((await rpc(url(), caller, 'ping')).status).to.equal(404);
  });

  it('dry run lets everything pass, with correct headers', async () => {
    expect(remaining(await ask('tried', message('tools/list', 1)))).to.deep.equal({ tenant: 0 });
    const surplus = await ask('tried', message('tools/list', 2));
    expect(surplus.status).to.equal(200);
    expect(surplus.headers.ratelimit).to.equal(`"tenant";r=0;t=${DAY}`);
    expect(surplus.headers).not.to.have.property('retry-after');
  });
}

/** What is left, by the name of the bucket. */
function remaining({ headers }: Answer): Record<string, number> {
  const items = [...String(headers.ratelimit).matchAll(/(?:^|, )"([^"]+)";r=(\d+);t=\d+(?=,|$)/g)];
  return Object.fromEntries(items.map(([, name = '', left]) => [name, Number(left)]));
}
