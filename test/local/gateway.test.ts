import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { UserError } from '../../core/errors.ts';
import { banner } from '../../local/banner.ts';
import { forwardLine } from '../../local/output.ts';
import { awaitReady } from '../../local/ready.ts';
import type { GetStatusResponse } from '../../protos/gen/mcp_gateway/v1/GetStatusResponse.ts';
import { StatusService } from '../../watcher/health/status-service.ts';
import { freeSocket, serveAnywhere } from '../runtime/grpc/socket.ts';

describe('local', () => {
  describe('output', () => {
    const levels = { debug: 20, info: 30, warn: 40, error: 50 };
    const forwarded = (line: string) => {
      const lines: [string, unknown[]][] = [];
      const log = Object.fromEntries(
        Object.keys(levels).map((level) => [level, (...args: unknown[]) => lines.push([level, args])]),
      );
      forwardLine(log as never, line);
      return lines[0];
    };

    it('forwards lines of the roles with their level and fields', () => {
      const line = '{"level":40,"time":1,"name":"watcher","reason":"r","msg":"m"}';
      expect(forwarded(line)).to.deep.equal(['warn', [{ reason: 'r' }, 'm']]);
      expect(forwarded('{"level":60,"msg":"m"}')).to.deep.equal(['error', [{}, 'm']]);
    });

    it('forwards lines of Envoy with their level, and other lines unchanged', () => {
      expect(forwarded('[warning] text')).to.deep.equal(['warn', ['text']]);
      expect(forwarded('[critical] text')).to.deep.equal(['error', ['text']]);
      for (const line of ['plain', '[x] text', '{"no":"level"}', '{broken', '']) {
        expect(forwarded(line)?.[0], line).to.equal('info');
      }
    });
  });

  describe('banner', () => {
    const facts = {
      backends: new Map([['a', 'http://h/a/mcp']]),
      developmentIssuer: 'http://i',
      stateOption: ' --state-dir /s',
      waiting: [],
    };

    it('shows the URLs of the backends and how to get a token', () => {
      const text = banner(facts);
      expect(text)
        .to.contain('http://h/a/mcp')
        .and.to.contain('npx mcp-gateway token --state-dir /s')
        .and.to.contain('curl -si http://h/a/mcp');
    });

    it('offers no token of another issuer, and shows which backends do not serve', () => {
      const text = banner({ ...facts, developmentIssuer: undefined, waiting: ['a is unhealthy: why'] });
      expect(text).not.to.contain('mcp-gateway token');
      expect(text).to.contain('a is unhealthy: why');
      expect(banner({ ...facts, backends: new Map() })).to.contain('No backends yet');
    });
  });

  describe('ready', () => {
    const stops: (() => unknown)[] = [];
    afterEach(async () => {
      for (const stop of stops.splice(0)) await stop();
    });

    /** Waits for a gateway whose watcher returns `status` and whose listener responds with `httpStatus`. */
    async function wait(status: GetStatusResponse, httpStatus: number, backends: string[], token?: string) {
      const requests: string[] = [];
      const http = createServer((request, response) => {
        requests.push(`${request.headers.host} ${request.url} ${request.headers.authorization ?? ''}`.trim());
        response.writeHead(httpStatus).end();
      });
      await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
      const server = await serveAnywhere((grpc) => new StatusService(() => status).addTo(grpc));
      stops.push(
        () => http.close(),
        () => http.closeAllConnections(),
        () => server.stop(0),
      );
      const outcome = await awaitReady({
        sockets: [],
        watcherSocket: server.socket,
        listenUrl: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
        publicUrl: 'https://mcp.example.com',
        backends,
        internal: [],
        token: token === undefined ? undefined : () => Promise.resolve(token),
        timeoutMs: 500,
        signal: new AbortController().signal,
      }).catch((error: unknown) => error);
      return { outcome, requests: [...new Set(requests)] };
    }

    const serving = { envoyConnected: true, backends: [{ name: 'a', state: 'serving' }] };

    it('is a gateway whose whole chain responds', async () => {
      expect(await wait(serving, 400, ['a'], 't')).to.deep.equal({
        outcome: [],
        requests: ['mcp.example.com /a/mcp Bearer t'],
      });
    });

    it('is a gateway that responds with 401, if there is no token or no backend', async () => {
      expect(await wait(serving, 401, ['a'])).to.deep.equal({
        outcome: [],
        requests: ['mcp.example.com /readiness/mcp'],
      });
      expect(await wait({ envoyConnected: true }, 401, [], 't')).to.deep.equal({
        outcome: [],
        requests: ['mcp.example.com /readiness/mcp'],
      });
    });

    it('comes with the backends that do not serve', async () => {
      const status = { envoyConnected: true, backends: [{ name: 'a', state: 'unhealthy', reasons: ['why'] }] };
      expect((await wait(status, 400, ['a', 'b'], 't')).outcome).to.deep.equal([
        'a is unhealthy: why',
        'b is unknown to Envoy',
      ]);
    });

    it('is not a gateway without Envoy, or one that denies the probe', async () => {
      for (const { outcome } of [
        await wait({ envoyConnected: false }, 401, []),
        await wait(serving, 503, ['a'], 't'),
        await wait({ envoyConnected: true }, 404, [], 't'),
      ]) {
        expect(outcome).to.be.instanceOf(UserError).with.property('code', 'backend-failed');
      }
    });

    it('is not waited for after an abort', async () => {
      const controller = new AbortController();
      controller.abort();
      const socket = freeSocket();
      const options = {
        sockets: [],
        watcherSocket: socket,
        listenUrl: 'http://127.0.0.1:1',
        publicUrl: 'http://127.0.0.1:1',
        backends: [],
        internal: [],
        token: undefined,
        timeoutMs: 60_000,
      };
      expect(await awaitReady({ ...options, signal: controller.signal })).to.deep.equal([]);
    });
  });
});
