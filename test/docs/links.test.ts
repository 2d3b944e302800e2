import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect } from 'chai';
import { PROJECT } from '../support/gateway.ts';

const SKIPPED = ['node_modules/**', 'dist/**', '.git/**'];
const find = (pattern: string) => globSync(pattern, { cwd: PROJECT, exclude: SKIPPED }).sort();

/** The key of a label in test/cluster/README.md, which looks like a path. */
const LABEL = 'test/replica';

/** All pages, relative to the project. */
const PAGES = find('**/*.md');
const TOP = ['.ci', ...find('*/').map((folder) => folder.replace(/\/$/, ''))];
const textOf = (path: string) => readFileSync(join(PROJECT, path), 'utf8');

/** Paths in the repository, also with `*`, that a page names in code spans and code blocks. */
function pathsIn(text: string): string[] {
  const spans = [...text.matchAll(/`([^`\n]+)`/g)].map(([, span = '']) => span);
  const blocks = [...text.matchAll(/^```\w*\n(.*?)^```$/gms)].map(([, block = '']) => block);
  const indented = text.split('\n').filter((line) => line.startsWith('    '));
  const words = [...spans, ...blocks, ...indented].flatMap((code) => code.split(/[\s'"`,;:()]+/));
  const path = new RegExp(`^(?:${TOP.join('|').replaceAll('.', '\\.')})/[\\w./*-]*$`);
  const paths = words.filter((word) => path.test(word)).map((word) => word.replace(/[./]+$/, ''));
  return paths.filter((word) => word !== LABEL);
}

/** Where the links of a page lead that stay in the repository. */
function linksIn(text: string): { file: string; anchor: string | undefined }[] {
  const targets = [...text.matchAll(/\]\((?!\w+:)([^)\s]+)\)/g)].map(([, target = '']) => target);
  return targets.map((target) => {
    const [file = '', anchor] = target.split('#');
    return { file, anchor };
  });
}

/** The anchors of a page's headings, as GitHub and GitLab make them. */
function anchorsOf(path: string): string[] {
  const headings = [...textOf(path).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => heading);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

const exists = (path: string) => path === '' || globSync(path, { cwd: PROJECT }).length > 0;

describe('documentation', () => {
  it('is found', () => {
    expect(PAGES).to.include.members(['README.md', 'CONTRIBUTING.md', 'docs/architecture.md', 'docs/identity/okta.md']);
    expect(pathsIn('`core/mcp/denial.ts`, `npx mocha test/a*.ts`\n    see docs/x.md\n`run/a.json`')).to.deep.equal([
      ...['core/mcp/denial.ts', 'test/a*.ts', 'docs/x.md'],
    ]);
    expect(linksIn('[a](b.md#c) [d](https://e) [f](#g)')).to.deep.equal([
      { file: 'b.md', anchor: 'c' },
      { file: '', anchor: 'g' },
    ]);
  });

  for (const page of PAGES) {
    it(`${page} names paths that exist`, () => {
      expect(pathsIn(textOf(page)).filter((path) => !exists(path))).to.deep.equal([]);
    });

    it(`${page} has links that lead somewhere`, () => {
      const broken = linksIn(textOf(page)).filter(({ file, anchor }) => {
        const path = file === '' ? page : normalize(join(dirname(page), file));
        if (!exists(path)) return true;
        return anchor !== undefined && !anchorsOf(path).includes(anchor);
      });
      expect(broken).to.deep.equal([]);
    });
  }

  it('is there where the sources refer to it', () => {
    const sources = find('**/*.{ts,js,proto,yaml,tpl}').filter((path) => !path.startsWith('test/'));
    const named = sources.flatMap((source) => {
      const text = textOf(source);
      const pages = [...text.matchAll(/\bdocs\/[\w/.-]+\.md\b/g)].map(([path]) => path);
      const records = [...text.matchAll(/\bdecisions? (\d{3})\b/gi)].map(([, id]) => `docs/decisions/${id}-*.md`);
      return [...pages, ...records].filter((path) => !exists(path)).map((path) => `${source}: ${path}`);
    });
    expect(named).to.deep.equal([]);
  });
});
