import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { PROJECT } from '../support/gateway.ts';

const run = promisify(execFile);

describe('the built program', function () {
  this.timeout(60_000);

  // Inside the checkout, so that Node finds the packages.
  let folder: string;
  before(async () => {
    const parent = join(PROJECT, '.tmp');
    mkdirSync(parent, { recursive: true });
    folder = mkdtempSync(join(parent, 'build-'));
    await run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--outDir', folder], {
      cwd: PROJECT,
    });
    await run(process.execPath, ['scripts/copy-assets.ts', folder], { cwd: PROJECT });
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const program = (...args: string[]) =>
    run(process.execPath, [join(folder, 'cli', 'main.js'), ...args], { cwd: PROJECT });

  it('runs its commands', async () => {
    expect((await program('--version')).stdout).to.match(/^\d+\.\d+\.\d+\n$/);
    expect((await program('check', 'examples/quickstart/gateway.yaml')).stdout).to.include('no problems found');
  });

  it('contains the contracts and the configuration of Envoy', async () => {
    const { authorizationService, policyService } = await import(join(folder, 'protos', 'load.js'));
    expect(authorizationService().Check.path).to.equal('/envoy.service.auth.v3.Authorization/Check');
    expect(policyService().Subscribe.path).to.equal('/mcp_gateway.v1.PolicyService/Subscribe');
    const { renderBootstrap } = await import(join(folder, 'envoy', 'bootstrap.js'));
    const sockets = { extAuthz: ['a'], extProc: ['p'], metadata: ['m'] };
    expect(renderBootstrap({ address: '127.0.0.1', port: 1, sockets })).to.include('ext_authz');
  });
});
