import { expect } from 'chai';
import { eventually } from '../fixtures/replica-server/waiting.ts';
import { Api, ApiError } from './support/api.ts';
import { type ApiProxy, startApiProxy } from './support/api-proxy.ts';
import type { Cluster } from './support/cluster.ts';
import { CLUSTER_TIMEOUT_MS } from './support/control-plane.ts';
import { sharedCluster } from './support/shared.ts';

describe('the proxy in front of the API server', () => {
  let cluster: Cluster;
  let proxy: ApiProxy;
  let api: Api;
  let maps: string;

  before(async function () {
    this.timeout(CLUSTER_TIMEOUT_MS);
    cluster = await sharedCluster();
    proxy = await startApiProxy(cluster);
    api = new Api({ ...cluster, server: proxy.server });
    maps = `/api/v1/namespaces/${await cluster.newNamespace()}/configmaps`;
  });

  afterEach(() => proxy.clear());

  after(async () => {
    api?.close();
    await proxy?.stop();
  });

  const create = (name: string) => api.create(maps, { metadata: { name } });
  const errorOf = (call: Promise<unknown>) =>
    call.then(
      () => undefined,
      (error: unknown) => error,
    );

  it('forwards and records requests', async () => {
    await create('passing');
    expect((await cluster.api.read(`${maps}/passing`)).metadata.name).to.equal('passing');
    const last = proxy.requests.at(-1);
    expect(last).to.include({ method: 'POST', path: maps });
    await eventually(
      () => last?.status,
      (status) => status === 201,
    );
  });

  it('rejects only the given requests, and only as often as asked', async () => {
    const fault = proxy.inject(
      { method: 'POST', path: /configmaps$/, times: 2 },
      { kind: 'status', status: 429, retryAfterSeconds: 7 },
    );
    await api.list(maps);
    const refused = await errorOf(create('refused'));
    expect(refused).to.be.instanceOf(ApiError).and.include({ status: 429, reason: 'TooManyRequests' });
    const response = await api.open('POST', maps, { metadata: { name: 'refused' } });
    expect(response.headers['retry-after']).to.equal('7');
    response.resume();
    await create('refused');
    expect(fault.hits).to.equal(2);
  });

  it('breaks connections before and after the API server handles the request', async () => {
    proxy.inject({ method: 'POST' }, { kind: 'reset' });
    expect(await errorOf(create('reset'))).to.include({ code: 'ECONNRESET' });
    expect(await errorOf(cluster.api.read(`${maps}/reset`))).to.include({ status: 404 });

    proxy.inject({ method: 'POST' }, { kind: 'lost-answer' });
    expect(await errorOf(create('lost'))).to.include({ code: 'ECONNRESET' });
    expect((await cluster.api.read(`${maps}/lost`)).metadata.name).to.equal('lost');
  });

  it('stalls requests until they are released', async () => {
    const stall = proxy.inject({ method: 'POST' }, { kind: 'stall' });
    const creation = create('stalled');
    await eventually(
      () => stall.hits,
      (hits) => hits === 1,
    );
    expect(await errorOf(cluster.api.read(`${maps}/stalled`))).to.include({ status: 404 });
    stall.remove();
    await creation;
    expect((await cluster.api.read(`${maps}/stalled`)).metadata.name).to.equal('stalled');
  });

  describe('with watches', () => {
    const watch = async () => {
      const response = await api.open('GET', `${maps}?watch=true`);
      const state = { text: '', ended: false, broken: false };
      response.setEncoding('utf8').on('data', (text: string) => {
        state.text += text;
      });
      response.on('end', () => {
        state.ended = true;
      });
      response.on('error', () => {
        state.broken = true;
      });
      return state;
    };

    it('breaks them', async () => {
      const open = await watch();
      expect(proxy.watches(/secrets/)).to.equal(0);
      expect(proxy.cutWatches(/configmaps/)).to.equal(1);
      await eventually(
        () => open,
        ({ broken }) => broken,
      );
      expect(proxy.watches()).to.equal(0);
    });

    it('ends open and new ones as expired', async () => {
      const open = await watch();
      expect(proxy.expireWatches()).to.equal(1);
      await eventually(
        () => open,
        ({ ended }) => ended,
      );
      expect(open.text).to.match(/"type":"ERROR".*"code":410.*"reason":"Expired"/);

      proxy.inject({ watch: true }, { kind: 'expired' });
      await api.list(maps);
      const refused = await watch();
      await eventually(
        () => refused,
        ({ ended }) => ended,
      );
      expect(refused.text).to.equal(open.text.slice(open.text.lastIndexOf('{"type":"ERROR"')));
    });

    it('holds their events back and releases them', async () => {
      const open = await watch();
      const { held, release } = proxy.holdWatches();
      expect(held).to.equal(1);
      const other = await watch();
      await create('held');
      await eventually(
        () => other.text,
        (text) => text.includes('"held"'),
      );
      expect(open.text).not.to.include('"held"');
      release();
      await eventually(
        () => open.text,
        (text) => text.includes('"held"'),
      );
      proxy.cutWatches();
    });
  });
});
