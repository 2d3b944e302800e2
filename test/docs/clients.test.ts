import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { expect } from 'chai';
import { CLIENTS } from '../../cli/clients/clients.ts';
import { registerAdministrator } from '../../cli/clients/registration.ts';
import { READERS } from '../cli/clients/readers.ts';
import { runCommand } from '../fixtures/replica-server/command.ts';
import { PROJECT } from '../support/gateway.ts';

const FOLDER = join(PROJECT, 'docs', 'clients');
const EXAMPLES = join(PROJECT, 'examples', 'clients');
const PAGES = readdirSync(FOLDER);

const textOf = (page: string) => readFileSync(join(FOLDER, page), 'utf8');

/** Each command of a page, with the block that shows what it prints. */
function shownIn(page: string): { line: string; format: string; output: string }[] {
  const shown = /^```console\n\$ (mcp-gateway clients [^\n]*)\n```\n\n```(\w+)\n(.*?)^```$/gms;
  return [...textOf(page).matchAll(shown)].map(([, line = '', format = '', output = '']) => ({ line, format, output }));
}

describe('docs/clients', function () {
  this.timeout(60_000);

  it('has a page for each client', () => {
    expect(PAGES).to.have.members(['README.md', ...[...CLIENTS.keys()].map((name) => `${name}.md`)]);
    const table = [...textOf('README.md').matchAll(/^\| \[([^\]]+)\]\(([a-z-]+)\.md\) \|/gm)];
    expect(table.map(([, title, name]) => [name, title])).to.deep.equal(
      [...CLIENTS].map(([name, { title }]) => [name, title]),
    );
  });

  for (const page of PAGES) {
    describe(page, () => {
      it('shows what the command prints', async () => {
        const shown = shownIn(page);
        expect(shown.length)
          .to.equal([...textOf(page).matchAll(/^\$ /gm)].length)
          .and.to.be.at.least(2);
        for (const { line, format, output } of shown) {
          const [, ...args] = line.split(' ');
          const { stdout } = await runCommand([...args, '--json']);
          expect(JSON.parse(stdout), line).to.include({ format, text: output.trimEnd() });
        }
      });

      it('has links that lead somewhere', () => {
        const links = [...textOf(page).matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)].map(([, link = '']) => link);
        const local = links.filter((link) => !link.startsWith('https://'));
        for (const link of local) expect(existsSync(join(FOLDER, link)), link).to.equal(true);
        const reference = CLIENTS.get(basename(page, '.md'))?.reference;
        if (reference !== undefined) expect(links).to.include(reference);
      });

      it('shows both uses of its client, and no other client', () => {
        const name = basename(page, '.md');
        const own = CLIENTS.has(name) ? name : 'cursor';
        const reader = READERS.get(own);
        const read = shownIn(page).flatMap(({ line, output }) => {
          expect(line).to.match(new RegExp(`^mcp-gateway clients print ${own}( |$)`));
          return reader?.(output.trimEnd()) ?? [];
        });
        expect(new Set(read.map(({ use }) => use))).to.have.all.keys('administrator', 'user');
      });
    });
  }
});

describe('examples/clients', () => {
  const kubernetes = {
    use: 'administrator',
    name: 'kubernetes',
    command: 'npx',
    args: ['-y', 'kubernetes-mcp-server@latest', '--read-only'],
  };
  const both = [registerAdministrator({ context: 'kind-mcp', namespace: 'mcp' }), kubernetes];

  it('exist for each client with a file format of its own', () => {
    const names = readdirSync(EXAMPLES).map((file) => basename(file, extname(file)));
    expect(names).to.have.members(['claude-desktop', 'codex', 'continue', 'cursor', 'vscode', 'zed']);
  });

  for (const file of readdirSync(EXAMPLES)) {
    it(`${file} has mcp-gateway serve and kubernetes-mcp-server, in the documented shape`, () => {
      const text = readFileSync(join(EXAMPLES, file), 'utf8');
      expect(READERS.get(basename(file, extname(file)))?.(text)).to.deep.equal(both);
    });
  }

  it('for Claude Desktop is the one in docs/clients/README.md, and valid for Windsurf and Cline', () => {
    const text = readFileSync(join(EXAMPLES, 'claude-desktop.json'), 'utf8');
    expect(textOf('README.md')).to.include(`\`\`\`json\n${text}\`\`\``);
    for (const name of ['windsurf', 'cline']) expect(READERS.get(name)?.(text), name).to.deep.equal(both);
  });
});
