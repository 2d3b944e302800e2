import { createLogger } from '../../runtime/log.ts';
import { untilShutdown } from '../../runtime/shutdown.ts';
import { chooseInstallation, INSTALLATION_HELP, INSTALLATION_OPTIONS } from '../choose-installation.ts';
import { type Command, parseOptions } from '../command.ts';

const help = `Usage: mcp-gateway serve [--registry DIR] [--context NAME] [--namespace NAME]

An MCP server over standard input and output, for administrators: it registers backends, assigns them to tenants, shows and
changes quotas, explains denials and sessions, and makes values for the Helm chart. MCP clients start it themselves:

    claude mcp add mcp-gateway -- mcp-gateway serve

It administers a Kubernetes cluster, or with --registry a folder of this machine.

${INSTALLATION_HELP}
  --log-level LEVEL        trace, debug, info, warn (default), error; the log goes to standard error

It ends when its standard input ends, and on SIGTERM.`;

/** `mcp-gateway serve` */
export const serve: Command = {
  summary: 'administer a gateway from an MCP client',
  help,
  run: async (args, { env }) => {
    const options = { ...INSTALLATION_OPTIONS, 'log-level': { type: 'string', default: 'warn' } } as const;
    const { 'log-level': level, ...choice } = parseOptions('serve', args, options).values;
    const installation = await chooseInstallation('serve', choice, env);
    const log = createLogger({ name: 'serve', level });
    const { default: manifest } = await import('../../package.json', { with: { type: 'json' } });
    const { createAdminMcpServer } = await import('../../control/mcp/server.ts');
    const { serveOverStdio } = await import('../../control/mcp/stdio.ts');
    const stopping = new AbortController();
    void untilShutdown().then(() => stopping.abort());
    const report = (error: unknown) => log.warn({ err: error }, 'unexpected failure');
    // A user who can read the session keys may see all sessions.
    const server = () => createAdminMcpServer({ installation, viewer: 'all', version: manifest.version, report });
    const { stdin: input, stdout: output } = process;
    await serveOverStdio(server, { input, output, stopping: stopping.signal, report });
    // Output that is still pending is dropped: its reader is gone or does not read.
    process.exit(0);
  },
};
