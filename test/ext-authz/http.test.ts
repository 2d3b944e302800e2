import { type ClientRequest, request as httpRequest } from 'node:http';
import { expect } from 'chai';
import type { Policy } from '../../core/policy/policy.ts';
import { createHttpServer } from '../../ext-authz/http.ts';
import { listenUnix } from '../../runtime/http/unix-server.ts';
import { freeSocket } from '../runtime/grpc/socket.ts';
import { PUBLIC_URL, policyOf } from './policy.ts';

const WELL_KNOWN = '/.well-known/oauth-protected-resource';

describe('ext-authz/http', () => {
  let policy: Policy | undefined;
  const socketPath = freeSocket();
  const server = createHttpServer(() => policy, { mode: 'redis', metrics: 'a_total 1\n' });

  before(() => listenUnix(server, socketPath));
  beforeEach(() => {
    policy = policyOf('https://i.example', []);
  });
  after(() => server.close());

  function get(path: string, method = 'GET'): Promise<{ status: number; text: string }> {
    return new Promise((resolve, reject) => {
      const call: ClientRequest = httpRequest({ socketPath, path, method, agent: false }, (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => {
          text += chunk.toString('utf8');
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      });
      call.on('error', reject);
      call.end();
    });
  }

  it('describes the gateway and each backend as protected resources', async () => {
    for (const [path, resource] of [
      [WELL_KNOWN, PUBLIC_URL],
      [`${WELL_KNOWN}/a/mcp`, `${PUBLIC_URL}/a/mcp`],
      [`${WELL_KNOWN}/a/mcp?x=y`, `${PUBLIC_URL}/a/mcp`],
    ]) {
      const { status, text } = await get(path ?? '');
      expect(status).to.equal(200);
      expect(JSON.parse(text)).to.deep.equal({
        resource,
        authorization_servers: ['https://i.example'],
        scopes_supported: ['mcp'],
        bearer_methods_supported: ['header'],
      });
    }
  });

  it('answers 404 to other paths, also malformed ones', async () => {
    for (const path of [
      '/',
      '//',
      '//[',
      `${WELL_KNOWN}/a`,
      `${WELL_KNOWN}/a/mcp/x`,
      `${WELL_KNOWN}/A/mcp`,
      `${WELL_KNOWN}x/a/mcp`,
      `${WELL_KNOWN}/`,
    ]) {
      expect((await get(path)).status, path).to.equal(404);
    }
  });

  it('is ready once a policy has arrived', async () => {
    expect(await get('/readyz')).to.deep.equal({ status: 200, text: '{"ready":true,"quotas":"redis"}' });
    policy = undefined;
    expect(await get('/readyz')).to.deep.equal({ status: 503, text: '{"ready":false,"quotas":"redis"}' });
    expect((await get(WELL_KNOWN)).status).to.equal(503);
  });

  it('serves metrics', async () => {
    expect(await get('/metrics')).to.deep.equal({ status: 200, text: 'a_total 1\n' });
    expect(await get('/metrics', 'HEAD')).to.deep.equal({ status: 200, text: '' });
  });

  it('answers HEAD without a body', async () => {
    expect(await get(WELL_KNOWN, 'HEAD')).to.deep.equal({ status: 200, text: '' });
  });
});
