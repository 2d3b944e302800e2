import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { expect } from 'chai';
import { CLIENTS } from '../../../cli/clients/clients.ts';
import { runCommand } from '../../fixtures/replica-server/command.ts';
import { PROJECT } from '../../support/gateway.ts';
import { READERS } from './readers.ts';

describe('snippets of mcp-gateway clients for an administrator', function () {
  this.timeout(30_000);

  /** The arguments of `mcp-gateway` that a client finds in its snippet. */
  async function argsFor(name: string): Promise<readonly string[]> {
    const { stdout } = await runCommand(['clients', 'print', name, '--registry', 'examples/quickstart']);
    const [registration] = READERS.get(name)?.(stdout.trimEnd()) ?? [];
    if (registration?.use !== 'administrator') throw new Error(`not a program for ${name}: ${stdout}`);
    expect(registration.command, name).to.equal('mcp-gateway');
    return registration.args;
  }

  it('starts mcp-gateway serve, and is the same for each client', async () => {
    const args = await argsFor('claude-desktop');
    for (const name of CLIENTS.keys()) expect(await argsFor(name), name).to.deep.equal(args);
    const client = new Client({ name: 'test', version: '1' });
    // From another folder, as clients do.
    const program = { command: process.execPath, args: [join(PROJECT, 'cli', 'bin.js'), ...args], cwd: '/' };
    await client.connect(new StdioClientTransport(program));
    try {
      expect(client.getServerVersion()).to.include({ name: 'mcp-gateway' });
      const { tools } = await client.listTools();
      expect(tools.map(({ name }) => name)).to.include.members(['list_backends', 'register_backend']);
      const { isError, content } = await client.callTool({ name: 'list_backends', arguments: {} });
      expect(isError ?? false, JSON.stringify(content)).to.equal(false);
      expect(JSON.stringify(content)).to.include('everything');
    } finally {
      await client.close();
    }
  });
});
