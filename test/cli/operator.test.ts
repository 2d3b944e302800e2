import { expect } from 'chai';
import { operator } from '../../cli/commands/operator.ts';
import { UserError } from '../../core/errors.ts';

const KUBECONFIG = '/nowhere/kubeconfig';

async function failure(args: string[], env: Record<string, string> = { KUBECONFIG }): Promise<string> {
  const terminal = { program: '', env, print: () => {}, tell: () => {}, interactive: false };
  try {
    await operator.run([...args, '--log-level', 'silent'], terminal);
  } catch (error) {
    if (error instanceof UserError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'it runs';
}

describe('cli/commands/operator', () => {
  for (const option of ['--admin-tools-secret', '--own-tools-secret']) {
    it(`takes ${option}`, async () => {
      expect(await failure(['--bridge-image', 'b', option, 's'])).to.contain(KUBECONFIG);
    });
  }

  it('rejects a kubeconfig that is missing', async () => {
    expect(await failure(['--bridge-image', 'b'])).to.match(/^missing-file: .*\/nowhere\/kubeconfig/);
  });

  it('rejects an unknown option', async () => {
    expect(await failure(['--replicas', '2'])).to.match(/^usage: .*--replicas/);
  });
});
