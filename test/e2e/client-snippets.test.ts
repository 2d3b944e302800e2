import { expect } from 'chai';
import { CLIENTS } from '../../cli/clients/clients.ts';
import { READERS } from '../cli/clients/readers.ts';
import { runCommand } from '../fixtures/replica-server/command.ts';
import { SDK1, SDK2_AUTO } from '../support/clients.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { completeLogin } from '../support/login.ts';
import { RememberingClient } from './clients/remembering-client.ts';

describe('the output of mcp-gateway clients for a running gateway', function () {
  this.timeout(60_000);
  let gateway: TestGateway;

  before(async () => {
    const command = [process.execPath, 'test/fixtures/conformance-server/main.ts'];
    gateway = await startGateway({ backends: { notes: { name: 'notes', command } } });
  });
  after(() => gateway?.stop());

  /** The URL that a client finds in its snippet. */
  async function urlFor(name: string): Promise<string> {
    const { stdout } = await runCommand([
      'clients',
      'print',
      name,
      '--backend',
      'notes',
      '--state-dir',
      gateway.stateDir,
    ]);
    const [registration] = READERS.get(name)?.(stdout.trimEnd()) ?? [];
    if (registration?.use !== 'user') throw new Error(`not a URL for ${name}: ${stdout}`);
    return registration.url;
  }

  it('is the URL of the backend, for each client', async () => {
    for (const name of CLIENTS.keys()) expect(await urlFor(name), name).to.equal(gateway.backendUrl('notes'));
  });

  for (const kind of [SDK1, SDK2_AUTO]) {
    it(`is enough for ${kind.name} to log in and list the tools`, async () => {
      const authProvider = new RememberingClient();
      const pending = await kind.beginLogin({ url: await urlFor('cursor'), authProvider });
      const { authorizationUrl } = authProvider;
      if (authorizationUrl === undefined) throw new Error('no authorization URL');
      const { client } = await pending.finish(await completeLogin(authorizationUrl));
      try {
        expect((await client.listTools()).tools).not.to.have.length(0);
      } finally {
        await client.close();
      }
    });
  }

  it('is enough with a token from mcp-gateway token, for clients that do not log in', async () => {
    const { stdout } = await runCommand(['token', '--state-dir', gateway.stateDir]);
    const { client } = await SDK1.connect({ url: await urlFor('continue'), token: stdout.trim() });
    try {
      expect((await client.listTools()).tools).not.to.have.length(0);
    } finally {
      await client.close();
    }
  });
});
