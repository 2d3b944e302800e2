import { isIP } from 'node:net';
import { createAdminServer } from '../../control/http/server.ts';
import { messageOf, UserError } from '../../core/errors.ts';
import { readTextFile } from '../../runtime/files/read.ts';
import { listenUnix } from '../../runtime/http/unix-server.ts';
import { createLogger } from '../../runtime/log.ts';
import { FileWatch } from '../../runtime/registry/watch.ts';
import { untilShutdown } from '../../runtime/shutdown.ts';
import { chooseInstallation, INSTALLATION_HELP, INSTALLATION_OPTIONS } from '../choose-installation.ts';
import { type Command, misuse, parseOptions, required, wholeNumber } from '../command.ts';
import { listenTcp } from '../listen.ts';

const help = `Usage: mcp-gateway admin --secret-file FILE (--socket PATH | --port N) [--registry DIR]

Serves the tools of mcp-gateway serve over Streamable HTTP. Clients reach them through the gateway, at /gateway/mcp, if
gateway.yaml has the key admin. Requests without the gateway's secret get 401.

  --secret-file FILE       the secret that the gateway sends as a bearer token; read again when the file changes
  --socket PATH            Unix socket to listen on
  --port N                 port to listen on, instead of a socket; 0 picks a free port
  --address IP             address to listen on, with --port (default 127.0.0.1)
${INSTALLATION_HELP}
  --log-level LEVEL        trace, debug, info (default), warn, error

GET /healthz answers 200 without the secret. SIGTERM: exits with 0.`;

/** `mcp-gateway admin` */
export const admin: Command = {
  summary: 'serve the admin tools (a role of the gateway)',
  help,
  run: async (args, { env }) => {
    const { values } = parseOptions('admin', args, {
      ...INSTALLATION_OPTIONS,
      'secret-file': { type: 'string' },
      socket: { type: 'string' },
      port: { type: 'string' },
      address: { type: 'string', default: '127.0.0.1' },
      'log-level': { type: 'string', default: 'info' },
    });
    const { 'secret-file': file, socket, port, address, 'log-level': level, ...choice } = values;
    const secretFile = required('admin', 'secret-file', file);
    if ((socket === undefined) === (port === undefined))
      throw misuse('admin', 'give exactly one of --socket and --port');
    if (isIP(address) === 0) throw misuse('admin', `--address must be an IP address (got ${address})`);
    const installation = await chooseInstallation('admin', choice, env);
    const log = createLogger({ name: 'admin', level });
    let secret = await readSecret(secretFile);
    const watch = new FileWatch({
      path: secretFile,
      log,
      onChange: (texts) => {
        secret = [...texts.values()].join('').trim();
      },
    });
    const { default: manifest } = await import('../../package.json', { with: { type: 'json' } });
    const { version } = manifest;
    const server = createAdminServer({ installation, secret: () => secret, version, log });
    if (socket !== undefined) await listenUnix(server.http, socket);
    else await listenTcp(server.http, wholeNumber('admin', 'port', port ?? '', 0, 65_535), address);
    log.info({ address: server.http.address(), fleet: installation.title }, 'ready');
    await untilShutdown();
    watch.close();
    await server.close();
    return 0;
  },
};

async function readSecret(file: string): Promise<string> {
  const text = await readTextFile(file).catch((cause: unknown) => {
    throw new UserError('missing-file', `the secret cannot be read: ${messageOf(cause)}`, { cause });
  });
  if (text.trim() !== '') return text.trim();
  throw new UserError('config', `${file} is empty; it must contain the secret`);
}
