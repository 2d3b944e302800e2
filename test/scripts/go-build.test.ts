import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { UserError } from '../../core/errors.ts';
import { buildOnce, type GoProgram } from '../../scripts/go-tools/build.ts';
import { findGo, type Go, runGo } from '../../scripts/go-tools/go.ts';
import { eventually } from '../fixtures/replica-server/waiting.ts';

const GO: Go = { path: '/nowhere/go', version: 'go1.99.0', platform: 'linux-amd64' };

describe('scripts/go-tools', () => {
  let cacheDir: string;
  let lines: string[];
  const progress = (line: string) => void lines.push(line);

  beforeEach(() => {
    cacheDir = mkdtempSync(join(tmpdir(), 'go-build-'));
    lines = [];
  });

  afterEach(() => rmSync(cacheDir, { recursive: true, force: true }));

  function program(key: string, build: GoProgram['build'] = writes): GoProgram {
    return { name: 'tool', key, firstBuild: 'a minute', build };
  }
  const writes: GoProgram['build'] = async (folder) => writeFileSync(join(folder, 'tool'), 'binary');
  const build = (what: GoProgram) => buildOnce(what, { go: GO, cacheDir, progress });
  const errorOf = (work: Promise<unknown>) =>
    work.then(
      () => undefined,
      (error: unknown) => error,
    );
  const folder = (key: string) => join(cacheDir, 'go', `tool-${key}`);

  it('builds a program once for each key', async () => {
    expect(await build(program('a'))).to.equal(join(folder('a'), 'tool'));
    expect(lines).to.have.length(2);
    await build(program('a', () => Promise.reject(new Error('built again'))));
    expect(lines).to.have.length(2);
    expect(await build(program('b'))).to.equal(join(folder('b'), 'tool'));
    expect(readdirSync(folder('a'))).to.deep.equal(['tool']);
  });

  it('lets one of two callers build while the other waits', async () => {
    const waits = (line: string) => line.startsWith('Another process is building tool');
    let builds = 0;
    const untilTheOtherWaits: GoProgram['build'] = async (draft, run) => {
      builds++;
      await eventually(
        () => lines,
        (reported) => reported.some(waits),
      );
      await writes(draft, run);
    };
    const [first, second] = await Promise.all([
      build(program('a', untilTheOtherWaits)),
      build(program('a', untilTheOtherWaits)),
    ]);
    expect(first).to.equal(second);
    expect(builds).to.equal(1);
    expect(lines.filter(waits)).to.have.length(1);
  });

  it('cleans up after a failed build, reports the reason, and can build again', async () => {
    const error = await errorOf(build(program('a', () => Promise.reject(new Error('undefined: x')))));
    expect(error).to.be.instanceOf(UserError).and.have.property('message').that.contains('undefined: x');
    expect(error).to.have.property('hint').that.contains('CONTRIBUTING.md');
    expect(readdirSync(folder('a'))).to.deep.equal([]);
    await build(program('a'));
  });

  it('removes drafts of builds that were killed, and programs that were not used for a week', async () => {
    const draft = join(folder('a'), '.build-killed');
    for (const path of [draft, folder('recent')]) mkdirSync(path, { recursive: true });
    const old = new Date(Date.now() - 8 * 86_400_000);
    for (const path of [folder('old'), join(cacheDir, 'go', 'toolbox-old')]) {
      mkdirSync(path, { recursive: true });
      utimesSync(path, old, old);
    }
    await build(program('a'));
    expect(existsSync(draft)).to.equal(false);
    expect(readdirSync(join(cacheDir, 'go')).sort()).to.deep.equal(['tool-a', 'tool-recent', 'toolbox-old']);
  });

  describe('findGo', () => {
    function fakeGo(script: string): string {
      const path = join(cacheDir, 'go');
      writeFileSync(path, `#!/bin/sh\n${script}\n`);
      chmodSync(path, 0o755);
      return cacheDir;
    }

    const find = (searchPath: string, defaultFolder = '/nowhere') => findGo(searchPath, progress, defaultFolder);

    it('finds Go on PATH or in its default folder', async () => {
      const place = fakeGo('printf "go1.26.8\\nlinux\\narm64\\n"');
      expect(await find(place)).to.include({ version: 'go1.26.8', platform: 'linux-arm64' });
      expect(await find('/nowhere/else', place)).to.include({ path: join(place, 'go') });
    });

    it('ignores an old Go and one that does not run', async () => {
      expect(await find('/nowhere/else')).to.equal(undefined);
      expect(await find(fakeGo('printf "go1.25.9\\nlinux\\namd64\\n"'))).to.equal(undefined);
      expect(lines.at(-1)).to.match(/^Not using .*: go1.25.9; Go 1.26 or newer is needed/);
      expect(await find(fakeGo('exit 1'))).to.equal(undefined);
      expect(await find(fakeGo('printf "go2.0\\nlinux\\namd64\\n"'))).to.include({ version: 'go2.0' });
    });

    it('reports the errors of Go, without its progress', async () => {
      const path = join(
        fakeGo('echo "go: downloading x v1" >&2; echo "some/package" >&2; echo "x.go:1: bad" >&2; exit 2'),
        'go',
      );
      const run = runGo({ go: { ...GO, path }, args: ['build'], cwd: cacheDir, name: 'tool', progress });
      expect(await errorOf(run)).to.have.property('message', 'go build ended with 2\nx.go:1: bad');
    });
  });
});
