import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { completionScript, SHELLS } from '../../cli/completion/scripts.ts';
import { wordsOf } from '../../cli/completion/words.ts';
import { runCommand } from '../fixtures/replica-server/command.ts';

const HELP = `Usage: mcp-gateway example list [--json]
       mcp-gateway example scale NAME --replicas N
       mcp-gateway example FILE

  --dry-run  nothing is changed; see mcp-gateway example.yaml and --json`;

describe('completion', function () {
  this.timeout(60_000);

  it('takes words from the help of a command', () => {
    expect(wordsOf('example', { summary: 's', help: HELP })).to.deep.equal({
      ...{ name: 'example', summary: 's', actions: ['list', 'scale'] },
      options: ['--dry-run', '--json', '--replicas'],
    });
  });

  it('completes in bash', async () => {
    const { code, stdout } = await runCommand(['completion', 'bash']);
    expect(code).to.equal(0);
    const folder = mkdtempSync(join(tmpdir(), 'mcpgw-completion-'));
    try {
      writeFileSync(join(folder, 'script'), stdout);
      const complete = (...words: string[]) => {
        const list = words.map((word) => `'${word}'`).join(' ');
        const script = `source ${folder}/script; COMP_WORDS=(mcp-gateway ${list}); COMP_CWORD=${words.length}; _mcp_gateway; echo "\${COMPREPLY[*]}"`;
        const { stderr, stdout: words_ } = spawnSync('bash', ['--norc', '-c', script], { encoding: 'utf8' });
        expect(stderr).to.equal('');
        return words_.trim().split(' ');
      };
      expect(complete('')).to.include.members([
        'up',
        'serve',
        'backends',
        'quota',
        'helm-values',
        'completion',
        '--help',
      ]);
      expect(complete('back')).to.deep.equal(['backends']);
      expect(complete('backends', '')).to.include.members(['list', 'register', 'status', 'scale', 'assign', 'remove']);
      expect(complete('backends', 'register', 'jira', '--dr')).to.deep.equal(['--dry-run']);
      expect(complete('serve', '--reg')).to.deep.equal(['--registry']);
      expect(complete('nothing', '--')).to.deep.equal(['']);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('has every command for every shell', async () => {
    for (const shell of SHELLS) {
      const { code, stdout } = await runCommand(['completion', shell]);
      expect(code).to.equal(0);
      for (const name of ['up', 'serve', 'backends', 'helm-values', 'operator']) expect(stdout).to.include(name);
    }
    expect((await runCommand(['completion', 'tcsh'])).code).to.equal(64);
    expect((await runCommand(['completion'])).code).to.equal(64);
  });

  it('quotes special characters of a shell', () => {
    const words = [{ name: 'x', summary: "the gateway's; $(date)", actions: [], options: [] }];
    expect(completionScript('fish', words)).to.include(`-a x -d 'the gateway'\\''s; $(date)'`);
    expect(completionScript('zsh', words)).to.include(`'x:the gateway'\\''s; $(date)'`);
  });
});
