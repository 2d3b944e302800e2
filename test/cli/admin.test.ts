import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { admin } from '../../cli/commands/admin.ts';
import { UserError } from '../../core/errors.ts';
import { emptyFolder } from '../runtime/processes/folder.ts';

async function failure(args: string[]): Promise<string> {
  const terminal = { program: '', env: {}, print: () => {}, tell: () => {}, interactive: false };
  try {
    await admin.run([...args, '--registry', '/nowhere', '--log-level', 'silent'], terminal);
  } catch (error) {
    if (error instanceof UserError) return `${error.message} ${error.hint ?? ''}`;
    throw error;
  }
  return 'it runs';
}

describe('cli/commands/admin', () => {
  for (const [args, wanted] of [
    [['--port', '0'], /--secret-file is required/],
    [['--secret-file', 's'], /one of --socket and --port is required/],
    [['--secret-file', 's', '--port', '0', '--socket', 'a'], /one of --socket and --port is required/],
    [['--secret-file', 's', '--port', '0', '--address', 'localhost'], /--address must be an IP address/],
    [['--secret-file', 's', '--port', '0', '--namespace', 'mcp'], /--registry is a folder of this machine/],
    [['--secret-file', '/nowhere/s', '--port', '0'], /the secret cannot be read/],
  ] as const) {
    it(`tells what is wrong with ${JSON.stringify(args)}`, async () =>
      expect(await failure([...args])).to.match(wanted));
  }

  it('does not run with an empty secret', async () => {
    const file = join(emptyFolder(), 'secret');
    writeFileSync(file, '\n');
    expect(await failure(['--secret-file', file, '--port', '0'])).to.contain('holds no secret');
  });
});
