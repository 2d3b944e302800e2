import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { VALUES_SCHEMA } from '../../scripts/chart/schema.ts';
import { CHART, helm, VALUE_FILES } from '../k8s/chart-render.ts';
import { PROJECT } from '../support/gateway.ts';

const FOLDER = join(PROJECT, 'docs', 'deploy');
const EXAMPLES = ['entra-three-backends', 'compose'].map((name) => join(PROJECT, 'examples', name, 'README.md'));

describe('docs/deploy', function () {
  this.timeout(15 * 60_000);
  const pages = [...readdirSync(FOLDER).map((name) => join(FOLDER, name)), ...EXAMPLES];
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'mcpgw-docs-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('has links that lead somewhere', () => {
    const broken = pages.flatMap((page) =>
      [...readFileSync(page, 'utf8').matchAll(/\]\((?!https?:)([^)#]+)/g)]
        .map(([, link = '']) => resolve(dirname(page), link))
        .filter((path) => !existsSync(path)),
    );
    expect(broken).to.deep.equal([]);
  });

  it('shows values that the chart accepts', async () => {
    let shown = 0;
    for (const page of pages) {
      for (const [, block = ''] of readFileSync(page, 'utf8').matchAll(/```yaml\n([\s\S]*?)```/g)) {
        const keys = Object.keys(parse(block));
        if (keys.includes('apiVersion')) continue;
        expect(
          keys.filter((key) => !(key in VALUES_SCHEMA.properties)),
          page,
        ).to.deep.equal([]);
        const file = join(folder, 'values.yaml');
        writeFileSync(file, block);
        const values = ['--values', VALUE_FILES.minimal ?? '', '--values', file];
        const { ok, stderr } = await helm(['template', 'mcp-gateway', CHART, '--namespace', 'mcp-gateway', ...values]);
        expect(ok, `${page}: ${stderr}`).to.equal(true);
        shown += 1;
      }
    }
    expect(shown).to.be.greaterThan(4);
  });
});
