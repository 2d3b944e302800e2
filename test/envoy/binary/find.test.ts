import { dirname } from 'node:path';
import { expect } from 'chai';
import { UserError } from '../../../core/errors.ts';
import { type FindEnvoyOptions, type FoundEnvoy, findEnvoy } from '../../../envoy/binary/find.ts';
import type { Machine } from '../../../envoy/binary/machine.ts';
import { emptyFolder } from '../../runtime/processes/folder.ts';
import { rejection } from '../../runtime/processes/rejection.ts';
import { standIn } from './stand-in.ts';

const LINUX: Machine = { platform: 'linux', arch: 'x64', glibcVersion: '2.36' };

describe('envoy/binary/find', () => {
  let lines: string[] = [];
  const find = (options: Partial<FindEnvoyOptions>): Promise<FoundEnvoy> =>
    findEnvoy({
      environment: {},
      cacheDir: emptyFolder(),
      progress: (line) => lines.push(line),
      machine: LINUX,
      ...options,
    });

  beforeEach(() => {
    lines = [];
  });

  it('prefers --envoy to ENVOY_PATH, and ENVOY_PATH to PATH', async () => {
    const flag = standIn('1.40.0');
    const named = standIn('1.41.0');
    const onPath = standIn('1.42.0');
    const environment = { ENVOY_PATH: named, PATH: `/no/such:relative::${dirname(onPath)}` };
    expect(await find({ explicit: flag, environment })).to.deep.equal({
      path: flag,
      version: '1.40.0',
      source: 'flag',
    });
    expect(await find({ environment })).to.deep.equal({ path: named, version: '1.41.0', source: 'ENVOY_PATH' });
    const fromPath = { path: onPath, version: '1.42.0', source: 'PATH' };
    expect(await find({ environment: { ...environment, ENVOY_PATH: '' } })).to.deep.equal(fromPath);
    expect(lines).to.deep.equal([]);
  });

  it('rejects an unusable --envoy or ENVOY_PATH although a usable Envoy is on PATH', async () => {
    const good = { PATH: dirname(standIn('1.40.0')) };
    const old = standIn('1.22.0');
    const tooOld = await rejection(find({ explicit: old, environment: good }));
    expect(tooOld).to.be.instanceOf(UserError).with.property('code', 'envoy-unavailable');
    expect(tooOld.message).to.equal(
      `${old} (from --envoy) is Envoy 1.22.0, but must be Envoy 1.40 or newer, before 2.0`,
    );
    const missing = await rejection(find({ environment: { ...good, ENVOY_PATH: '/no/such/envoy' } }));
    expect(missing).to.be.instanceOf(UserError);
    expect(missing.message).to.include('/no/such/envoy (from ENVOY_PATH)');
    expect(missing).to.have.property('hint').that.includes('Correct ENVOY_PATH');
    const empty = await rejection(find({ explicit: '', environment: good }));
    expect(empty.message).to.include('(from --envoy)');
  });

  it('skips unusable programs on PATH and reports them', async () => {
    const old = standIn('1.22.0');
    const other = standIn('', { script: 'echo Laravel Envoy 2.9.0' });
    const good = standIn('1.40.1');
    const environment = { PATH: [old, other, good].map(dirname).join(':') };
    expect(await find({ environment })).to.deep.equal({ path: good, version: '1.40.1', source: 'PATH' });
    expect(lines).to.deep.equal([
      `Skipping ${old}: it is Envoy 1.22.0; it must be Envoy 1.40 or newer, before 2.0.`,
      `Skipping ${other}: it does not report an Envoy version; it must be Envoy 1.40 or newer, before 2.0.`,
    ]);
  });

  describe('if Envoy cannot be installed', () => {
    const failure = async (options: Partial<FindEnvoyOptions>): Promise<UserError> => {
      const error = await rejection(find(options));
      if (!(error instanceof UserError)) throw error;
      expect(error.code).to.equal('envoy-unavailable');
      expect(error.hint).to.include('--envoy /path/to/envoy').and.include('ENVOY_PATH=').and.include('PATH');
      return error;
    };

    it('names the command that installs it on macOS', async () => {
      const error = await failure({ machine: { platform: 'darwin', arch: 'arm64', glibcVersion: undefined } });
      expect(error.message).to.include('darwin on arm64');
      expect(error.hint).to.include('brew install envoy');
    });

    it('names an architecture without a package', async () => {
      expect((await failure({ machine: { ...LINUX, arch: 'riscv64' } })).message).to.include('linux on riscv64');
    });

    it('rejects musl and a glibc that is too old', async () => {
      expect((await failure({ machine: { ...LINUX, glibcVersion: undefined } })).message).to.include('needs glibc');
      expect((await failure({ machine: { ...LINUX, glibcVersion: '2.28' } })).message).to.include(
        'this system has 2.28',
      );
    });

    it('needs python3', async () => {
      const error = await failure({ environment: { PATH: emptyFolder() } });
      expect(error.message).to.include('python3 is not on PATH');
      expect(error.hint).to.include('apt install python3-pip');
    });

    it('needs pip', async () => {
      const python = standIn('', { name: 'python3', script: 'echo "$0: No module named pip" >&2; exit 1' });
      const error = await failure({ environment: { PATH: dirname(python) } });
      expect(error.message).to.include('python3 has no pip');
      expect(error.hint).to.include('apt install python3-pip');
    });

    it('repeats the output of pip if it fails', async () => {
      const script = 'echo "ERROR: Could not find a version that satisfies the requirement" >&2; exit 1';
      const error = await failure({ environment: { PATH: dirname(standIn('', { name: 'python3', script })) } });
      expect(error.message).to.include('pip could not download it (exit code 1)');
      expect(error.hint).to.include('  ERROR: Could not find a version that satisfies the requirement\n');
    });

    it('names a cache that cannot be written', async () => {
      const environment = { PATH: dirname(standIn('', { name: 'python3', script: 'exit 0' })) };
      const error = await failure({ environment, cacheDir: '/dev/null/cache' });
      expect(error.message).to.include('/dev/null/cache');
    });
  });
});
