import { expect } from 'chai';
import { watcher } from '../../cli/commands/watcher.ts';
import { UserError } from '../../core/errors.ts';

const OPTIONS = [
  ...['--config', 'gateway.yaml', '--socket', 's', '--endpoints', 'e', '--ended-sessions', 's', '--envoy-admin', 'a'],
  ...['--listen-url', 'http://127.0.0.1:1', '--ca-file', 'c', '--log-level', 'silent'],
];

async function failure(args: string[]): Promise<string> {
  const terminal = { program: '', env: {}, print: () => {}, tell: () => {}, interactive: false };
  try {
    await watcher.run([...OPTIONS, ...args], terminal);
  } catch (error) {
    if (error instanceof UserError && error.code === 'usage') return error.message;
    throw error;
  }
  return 'it runs';
}

describe('cli/commands/watcher', () => {
  for (const name of ['admin-tools', 'own-tools']) {
    it(`takes --${name} with its secret`, async () => {
      expect(await failure([`--${name}`, 'unix:s'])).to.include('--admin-tools-secret');
      expect(await failure([`--${name}`, 'ftp://a', `--${name}-secret`, 's'])).to.include('(got ftp://a)');
    });
  }
});
