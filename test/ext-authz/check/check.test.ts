import { expect } from 'chai';
import { deny } from '../../../core/mcp/denial.ts';
import { PUBLIC_URL } from '../policy.ts';
import { BODY, CheckHarness, json } from './harness.ts';

describe('ext-authz/check', () => {
  let harness: CheckHarness;

  beforeEach(async () => {
    harness = await CheckHarness.start();
  });
  afterEach(() => harness.stop());

  it('denies everything before a policy has arrived', async () => {
    harness.services = { ...harness.services, policy: undefined };
    const { outcome, findings } = await harness.verdict(harness.request());
    expect(outcome).to.deep.equal(deny('unavailable', { headers: { 'retry-after': '1' } }));
    expect(findings.id).to.equal(7);
  });

  it('waits for upstream headers that are not known yet', async () => {
    const headers = [{ name: 'authorization', value: 'Bearer theirs' }];
    harness.services = { ...harness.services, upstream: () => Promise.resolve(headers) };
    expect((await harness.allowed(harness.request())).upstreamHeaders).to.equal(headers);
    harness.services = { ...harness.services, upstream: () => Promise.resolve(deny('unavailable')) };
    expect(await harness.gist(harness.request())).to.deep.equal(['unavailable', 503, -32014, 7]);
  });

  describe('the shape of the request', () => {
    for (const host of ['127.0.0.1:8080', 'LOCALHOST:1', 'localhost']) {
      it(`passes with Host ${host}`, async () => void (await harness.allowed(harness.request({ host }))));
    }

    for (const host of [
      '',
      '127.0.0.1',
      '127.0.0.1:8081',
      'localhost.evil.example',
      'evil.example:8080',
      'localhost:8080.evil',
      'localhost:',
    ]) {
      it(`is denied with Host ${JSON.stringify(host)}`, async () =>
        expect(await harness.gist(harness.request({ host }))).to.deep.equal(['forbidden-edge', 403, -32011, 7]));
    }

    for (const origin of [
      'null',
      'http://evil.example',
      'https://localhost:1',
      'http://localhost.evil.example',
      'http://localhost:1/',
      '',
    ]) {
      it(`is denied with Origin ${JSON.stringify(origin)}`, async () =>
        expect(await harness.gist(harness.request({}, { origin }))).to.deep.equal(['forbidden-edge', 403, -32011, 7]));
    }

    for (const origin of [PUBLIC_URL, 'http://localhost:6274', 'http://localhost', 'HTTP://LOCALHOST:1']) {
      it(`passes with Origin ${origin}`, async () => void (await harness.allowed(harness.request({}, { origin }))));
    }

    for (const [path, reason, status] of [
      ['/', 'unknown-backend', 404],
      ['', 'unknown-backend', 404],
      ['/a', 'unknown-backend', 404],
      ['/a/', 'unknown-backend', 404],
      ['/a/mcp/', 'unknown-backend', 404],
      ['/a/mcp/x', 'unknown-backend', 404],
      ['/A/mcp', 'unknown-backend', 404],
      ['//a/mcp', 'unknown-backend', 404],
      ['/%61/mcp', 'unknown-backend', 404],
      ['/a/MCP', 'unknown-backend', 404],
      ['/__proto__/mcp', 'unknown-backend', 404],
      ['a/mcp', 'unknown-backend', 404],
      ['/a/sse', 'old-transport', 410],
      ['/a/messages?x=1', 'old-transport', 410],
      ['/a/mcp?access_token=x', 'bad-request', 400],
      ['/a/mcp?a=b&ACCESS_TOKEN=x', 'bad-request', 400],
    ] as const) {
      it(`is denied with path ${JSON.stringify(path)}`, async () => {
        const denial = await harness.denial(harness.request({ path }));
        expect([denial.reason, denial.status]).to.deep.equal([reason, status]);
      });
    }

    it('is denied with another method, and the denial names the allowed ones', async () => {
      for (const method of ['PUT', 'OPTIONS', 'HEAD', 'post', '']) {
        const denial = await harness.denial(harness.request({ method }));
        expect([denial.status, denial.headers], method).to.deep.equal([405, { allow: 'GET, POST, DELETE' }]);
      }
    });

    it('keeps its id in the denial if it can be read', async () => {
      const path = '/';
      const idOf = async (body: Buffer) => (await harness.denial(harness.request({ path, body }))).id;
      expect(await idOf(json({ ...BODY, id: 'x' }))).to.equal('x');
      for (const body of [
        Buffer.alloc(0),
        Buffer.from('{'),
        json([BODY]),
        json({ ...BODY, id: 1, pad: 'x'.repeat(65_536) }),
      ]) {
        expect(await idOf(body)).to.equal(null);
      }
    });
  });

  describe('pages of allowed origins', () => {
    const origin = 'http://localhost:6274';
    const preflight = (more: Record<string, string> = {}) =>
      harness.request(
        { method: 'OPTIONS', body: Buffer.alloc(0) },
        {
          authorization: undefined,
          origin,
          'access-control-request-method': 'POST',
          ...more,
        },
      );

    it('may send a preflight without a token', async () => {
      const { outcome, responseHeaders } = await harness.verdict(preflight());
      expect(outcome).to.deep.equal({ kind: 'reply', status: 204 });
      expect(responseHeaders['access-control-allow-origin']).to.equal(origin);
      expect(responseHeaders['access-control-allow-headers']).to.include('authorization');
    });
    it('may read every response, also a denial', async () => {
      for (const authorization of [`Bearer ${harness.token}`, 'Bearer x']) {
        const { responseHeaders } = await harness.verdict(harness.request({}, { origin, authorization }));
        expect(responseHeaders['access-control-allow-origin']).to.equal(origin);
        expect(responseHeaders['access-control-expose-headers']).to.include('mcp-session-id');
      }
    });
    it('are the only pages that may', async () => {
      const { outcome, responseHeaders } = await harness.verdict(preflight({ origin: 'http://evil.example' }));
      expect([outcome.kind, responseHeaders]).to.deep.equal(['deny', {}]);
      expect((await harness.verdict(harness.request())).responseHeaders).to.deep.equal({});
    });
    it('must send a complete preflight: OPTIONS alone is not an allowed method', async () => {
      const asked = harness.request({ method: 'OPTIONS' }, { origin });
      expect((await harness.denial(asked)).status).to.equal(405);
    });
  });
});
