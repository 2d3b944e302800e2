import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { UserError } from '../../../core/errors.ts';
import { type DevelopmentIssuer, startDevelopmentIssuer } from '../../../local/issuer/issuer.ts';
import { recordingLogger, temporaryState } from './harness.ts';

const PINO_WARN = 40;

describe('startDevelopmentIssuer', () => {
  let state: Awaited<ReturnType<typeof temporaryState>>;
  let occupied: Server | undefined;
  let started: DevelopmentIssuer[];

  beforeEach(async () => {
    state = await temporaryState();
    started = [];
  });
  afterEach(async () => {
    for (const issuer of started) await issuer.stop();
    await new Promise<void>((resolve) => (occupied === undefined ? resolve() : occupied.close(() => resolve())));
    occupied = undefined;
    await state.remove();
  });

  async function start(port: number, { logger } = recordingLogger()): Promise<DevelopmentIssuer> {
    const resources = () => ['http://127.0.0.1:8080'];
    const issuer = await startDevelopmentIssuer({
      stateDir: state.stateDir,
      port,
      tenant: 'engineering',
      resources,
      scopes: () => ['mcp'],
      logger,
    });
    started.push(issuer);
    return issuer;
  }

  /** Occupies a port and returns it. */
  function occupy(port: number): Promise<number> {
    const server = createServer();
    occupied = server;
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => {
        const address = server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : port);
      });
    });
  }

  async function keyIds(issuer: string): Promise<string[]> {
    const { keys } = (await (await fetch(`${issuer}/jwks`)).json()) as { keys: Array<{ kid: string }> };
    return keys.map(({ kid }) => kid);
  }

  it('uses the port of the last start, with the same keys', async () => {
    const first = await start(0);
    const ids = await keyIds(first.issuer);
    await first.stop();
    const second = await start(0);
    expect(second.issuer).to.equal(first.issuer);
    expect(await keyIds(second.issuer)).to.deep.equal(ids);
  });

  it('uses another port if that one is in use, logs it, and stores the new one', async () => {
    const first = await start(0);
    await first.stop();
    await occupy(Number(new URL(first.issuer).port));

    const log = recordingLogger();
    const moved = await start(0, log);
    expect(moved.issuer).not.to.equal(first.issuer);
    const warning = log.lines.find(({ level }) => level === PINO_WARN)?.msg;
    expect(warning).to.include(new URL(first.issuer).port).and.include(new URL(moved.issuer).port);
    await moved.stop();

    expect((await start(0)).issuer).to.equal(moved.issuer);
  });

  it('rejects a given port that is in use', async () => {
    const port = await occupy(0);
    const error = await start(port).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).to.be.instanceOf(UserError).with.property('code', 'port-taken');
    expect(String(error)).to.include(String(port));
  });

  it('reports a damaged key file and does not overwrite it', async () => {
    await (await start(0)).stop();
    const path = join(state.stateDir, 'issuer', 'keys.json');
    await writeFile(path, '{"keys":[]}');
    for (const _attempt of [1, 2]) {
      const error = await start(0).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(error).to.be.instanceOf(UserError).with.property('code', 'config');
      expect(String(error)).to.include(path);
    }
  });

  it('closes its port when it stops, even with an open connection', async () => {
    const running = await start(0);
    await fetch(`${running.issuer}/jwks`);
    await running.stop();
    await occupy(Number(new URL(running.issuer).port));
  });

  it('lets the library print nothing, in a process of its own', async () => {
    const script = `
      import { pino } from 'pino';
      import { type DevelopmentIssuer, startDevelopmentIssuer } from './local/issuer/issuer.ts';
      import { completeLogin } from './test/support/login.ts';
      // The library prints a warning about such a Node release when it is loaded.
      Object.defineProperty(process.release, 'lts', { value: undefined });
      const running = await startDevelopmentIssuer({
        stateDir: ${JSON.stringify(state.stateDir)}, port: 0, tenant: 'engineering',
        resources: () => ['http://127.0.0.1:8080'], scopes: () => ['mcp'], logger: pino({ level: 'silent' }),
      });
      const json = { 'content-type': 'application/json' };
      const body = JSON.stringify({ redirect_uris: ['http://127.0.0.1/cb'] });
      const client = await (await fetch(running.issuer + '/register', { method: 'POST', headers: json, body })).json();
      const url = new URL(running.issuer + '/authorize');
      url.search = new URLSearchParams({
        client_id: client.client_id, response_type: 'code', redirect_uri: 'http://127.0.0.1/cb', scope: 'openid mcp',
        code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', code_challenge_method: 'S256',
      });
      const redirect = await completeLogin(url);
      const form = {
        grant_type: 'authorization_code', code: redirect.searchParams.get('code'), client_id: client.client_id,
        redirect_uri: 'http://127.0.0.1/cb', code_verifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
      };
      for (const status of [200, 400]) {
        const response = await fetch(running.issuer + '/token', { method: 'POST', body: new URLSearchParams(form) });
        if (response.status !== status) throw new Error(await response.text());
      }
      await running.stop();`;
    const root = new URL('../../../', import.meta.url).pathname;
    const args = ['--input-type=module-typescript', '--eval', script];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { cwd: root });
    expect({ stdout, stderr }).to.deep.equal({ stdout: '', stderr: '' });
  });
});
