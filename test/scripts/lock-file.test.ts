import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { z } from 'zod';
import { PROJECT } from '../support/gateway.ts';

const versions = z.record(z.string(), z.string()).default({});
const entry = z.object({
  resolved: z.string().optional(),
  libc: z.array(z.string()).optional(),
  dependencies: versions,
  devDependencies: versions,
  optionalDependencies: versions,
});

describe('package-lock.json', () => {
  const read = (file: string): unknown => JSON.parse(readFileSync(join(PROJECT, file), 'utf8'));
  const { packages } = z.object({ packages: z.record(z.string(), entry) }).parse(read('package-lock.json'));

  /** Whether the package `name` is found from the folder `from` the way Node finds it: there, or in a folder above. */
  function isLocked(name: string, from: string): boolean {
    for (let folder = from; ; folder = folder.slice(0, folder.lastIndexOf('/node_modules/'))) {
      if (`${folder === '' ? '' : `${folder}/`}node_modules/${name}` in packages) return true;
      if (!folder.includes('/node_modules/')) return `node_modules/${name}` in packages;
    }
  }

  it('holds the packages of every platform, which npm ci requires', () => {
    const missing = Object.entries(packages).flatMap(
      ([folder, { dependencies, devDependencies, optionalDependencies }]) =>
        Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies })
          .filter((name) => !isLocked(name, folder))
          .map((name) => `${folder} needs ${name}`),
    );
    expect(missing).to.deep.equal([]);
  });

  it('agrees with package.json', () => {
    const { dependencies, devDependencies } = entry.parse(read('package.json'));
    expect(packages['']).to.deep.include({ dependencies, devDependencies });
  });

  it('names no registry but the public one', () => {
    const hosts = Object.values(packages).flatMap(({ resolved }) => (resolved ? [new URL(resolved).host] : []));
    expect(hosts.filter((host) => host !== 'registry.npmjs.org')).to.deep.equal([]);
  });

  // npm 10 removes what npm 11 writes here, so one of them would modify the file: `npx npm@10 install --package-lock-only` cures it.
  it('has no field `libc`', () => {
    expect(Object.keys(packages).filter((folder) => packages[folder]?.libc)).to.deep.equal([]);
  });
});
