import { expect } from 'chai';
import { operator } from '../../cli/commands/operator.ts';
import { UserError } from '../../core/errors.ts';

const KUBECONFIG = '/nowhere/kubeconfig';

async function failure(args: string[], env: Record<string, string> = { KUBECONFIG }): Promise<string> {
  const terminal = { program: '', env, print: () => {}, tell: () => {}, interactive: false };
  try {
    await operator.run([...args, '--log-level', 'silent'], terminal);
  } catch (error) {
    if (error instanceof UserError) return `${error.message} ${error.hint ?? ''}`;
    throw error;
  }
  return 'it runs';
}

describe('cli/commands/operator', () => {
  for (const [args, wanted] of [
    [[], /--bridge-image is required/],
    [['--bridge-image', 'b', '--namespace', 'A'], /--namespace must be the name of a namespace \(got "A"\)/],
    [['--bridge-image', 'b', '--gateway-namespace', ''], /--gateway-namespace must be/],
    [['--bridge-image', 'b', '--public-url', 'gateway'], /--public-url must be an http or https URL/],
    [['--bridge-image', 'b', '--leader-elect', 'maybe'], /--leader-elect must be true or false/],
    [['--bridge-image', 'b', '--health-port', '70000'], /--health-port must be a whole number/],
    [['--bridge-image', 'b', '--tenants', ''], /--tenants is required/],
    [['--replicas', '2'], /--help/],
  ] as const) {
    it(`tells what is wrong with ${JSON.stringify(args)}`, async () =>
      expect(await failure([...args])).to.match(wanted));
  }

  for (const option of ['--admin-tools-secret', '--own-tools-secret']) {
    it(`takes ${option}`, async () => {
      expect(await failure(['--bridge-image', 'b', option, 's'])).to.contain(KUBECONFIG);
    });
  }

  it('tells that a kubeconfig is missing', async () => {
    expect(await failure(['--bridge-image', 'b'])).to.contain('/nowhere/kubeconfig does not exist');
  });
});
