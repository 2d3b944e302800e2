import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { judgeAudit } from '../../../scripts/supply-chain/audit-report.ts';
import { type Bom, billOfMaterials } from '../../../scripts/supply-chain/cyclonedx.ts';
import { type LockFile, withoutDevelopment } from '../../../scripts/supply-chain/lock-file.ts';
import { PROJECT } from '../../support/gateway.ts';

const read = (path: string) => readFileSync(join(PROJECT, path), 'utf8');
const LOCK: LockFile = JSON.parse(read('package-lock.json'));
const PACKAGE = JSON.parse(read('package.json'));
/** The names and versions of the packages of a lock file, without those that are nested twice. */
const packagesOf = ({ packages }: LockFile) =>
  new Set(
    Object.entries(packages)
      .filter(([path]) => path !== '')
      .map(([path, { version }]) => `${path.split('node_modules/').at(-1)}@${version}`),
  );

describe('the lock file', () => {
  it('has a hash for each package', () => {
    const without = Object.entries(LOCK.packages).filter(
      ([path, { integrity }]) => path !== '' && integrity === undefined,
    );
    expect(without).to.deep.equal([]);
  });

  it('is what an installed package gets, without what development needs', () => {
    const kept = withoutDevelopment(LOCK);
    const names = [...packagesOf(kept)].map((name) => name.replace(/(?<=.)@.*/, ''));
    expect(names).to.include.members(Object.keys(PACKAGE.dependencies));
    expect(names).to.not.include.members(['mocha']).and.not.include('typescript');
    expect(kept.packages['']).to.not.have.property('devDependencies');
    expect(PACKAGE.scripts.prepack).to.include('scripts/supply-chain/shrinkwrap.ts');
    expect(PACKAGE.files).to.include('npm-shrinkwrap.json');
  });
});

describe('the software bill of materials', () => {
  const bom = billOfMaterials(PACKAGE, withoutDevelopment(LOCK));

  it('has every package that is installed, with its hash, and no other', () => {
    expect(bom.metadata.component).to.include({ name: PACKAGE.name, version: PACKAGE.version });
    const listed = bom.components.map(({ purl }) => decodeURIComponent(purl.replace('pkg:npm/', '')));
    expect(listed).to.have.members([...packagesOf(withoutDevelopment(LOCK))]);
    for (const { purl, hashes } of bom.components) {
      expect(hashes, purl).to.have.length(1);
      expect(hashes[0]?.alg, purl).to.equal('SHA-512');
      expect(hashes[0]?.content, purl).to.match(/^[0-9a-f]{128}$/);
    }
  });

  it('fails for a package without a hash', () => {
    const lock = { lockfileVersion: 3, packages: { 'node_modules/a': { version: '1.0.0' } } };
    expect(() => billOfMaterials(PACKAGE, lock)).to.throw('node_modules/a');
  });

  it('is written by the build, and so is in the images', () => {
    const folder = mkdtempSync(join(tmpdir(), 'sbom-'));
    try {
      const file = join(folder, 'sbom.json');
      execFileSync(process.execPath, ['scripts/supply-chain/sbom.ts', file], { cwd: PROJECT });
      expect(JSON.parse(readFileSync(file, 'utf8')) as Bom).to.deep.equal(bom);
    } finally {
      rmSync(folder, { recursive: true });
    }
    expect(PACKAGE.scripts.build).to.include('scripts/supply-chain/sbom.ts');
    for (const file of ['Dockerfile', 'Dockerfile.bridge']) expect(read(file)).to.include('COPY scripts/supply-chain ');
  });
});

describe('npm run audit', () => {
  const report = (severity: string) =>
    JSON.stringify({ auditReportVersion: 2, vulnerabilities: { left: { severity, range: '<1' } } });

  it('fails for a vulnerability that is at least moderate, and names it', () => {
    for (const severity of ['moderate', 'high', 'critical']) {
      expect(judgeAudit(report(severity))).to.include({ fails: true });
      expect(judgeAudit(report(severity)).message).to.include('left <1');
    }
  });

  it('passes without one', () => {
    expect(judgeAudit(report('low')).fails).to.equal(false);
    expect(judgeAudit('{"auditReportVersion":2,"vulnerabilities":{}}').message).to.include('audited');
  });

  it('says loudly that the registry gave no report, and does not fail', () => {
    for (const output of ['', 'npm error', '{"error":{"code":"ENOTFOUND"}}', '{"message":"405","method":"POST"}']) {
      expect(judgeAudit(output).fails).to.equal(false);
      expect(judgeAudit(output).message).to.include('NOT AUDITED');
    }
  });
});
