import { type BridgeOptions, startBridge } from '../../bridge/bridge.ts';
import { readTextFileSync } from '../../runtime/files/read-sync.ts';
import { createLogger } from '../../runtime/log.ts';
import { assertPortFree } from '../../runtime/processes/ports.ts';
import { untilShutdown } from '../../runtime/shutdown.ts';
import { type Command, duration, misuse, parseOptions, required, wholeNumber } from '../command.ts';

const MEBIBYTE = 1024 * 1024;

const help = `Usage: mcp-gateway bridge --port N [OPTIONS] -- COMMAND ARGS...
       mcp-gateway bridge --port N [OPTIONS] --sse URL

Serves a stdio MCP server over Streamable HTTP. Each session gets its own process, which ends with the session. Processes
inherit the environment, without PORT, NODE_OPTIONS, NODE_CHANNEL_FD and NODE_CHANNEL_SERIALIZATION_MODE.
With --sse it serves a server that speaks HTTP+SSE, the transport of MCP 2024-11-05; each session gets its own connection.

  --port N             port to listen on; 0 picks a free port
  --host ADDRESS       address to listen on; default 127.0.0.1, since the bridge does not authenticate callers
  --path PATH          path of the MCP endpoint; default /mcp. GET /healthz reports whether sessions can be opened
  --max-sessions N     maximum number of open sessions (default 100); more get 503
  --idle DURATION      end a session after this time without requests or connections (default 30m)
  --start DURATION     how long a process may take to answer initialize (default 2m)
  --grace DURATION     how long a process may take to end after SIGTERM (default 3s); then its process group is killed
  --drain DURATION     how long open sessions continue after SIGTERM (default 5s)
  --max-message-mib N  largest message in either direction, in MiB (default 4)
  --sse URL            URL of the event stream of a server that speaks HTTP+SSE
  --ca-file FILE       PEM of the authorities that may sign the certificate of an https URL (default: the system's)
  --cert-file FILE     client certificate for an https URL, PEM; needs --key-file
  --key-file FILE      its private key
  --children FILE      keeps a record of the running processes, so that they can be ended if the bridge is killed
  --log-level LEVEL    trace, debug, info (default), warn, error

SIGTERM: opens no more sessions, drains open sessions, ends all processes, exits with 0.`;

/** `mcp-gateway bridge` */
export const bridge: Command = {
  summary: 'serve a stdio or HTTP+SSE MCP server over Streamable HTTP',
  help,
  run: async (args, { env }) => {
    const { values, positionals } = parseOptions(
      'bridge',
      args,
      {
        port: { type: 'string' },
        host: { type: 'string', default: '127.0.0.1' },
        path: { type: 'string', default: '/mcp' },
        'max-sessions': { type: 'string', default: '100' },
        idle: { type: 'string', default: '30m' },
        start: { type: 'string', default: '2m' },
        grace: { type: 'string', default: '3s' },
        drain: { type: 'string', default: '5s' },
        'max-message-mib': { type: 'string', default: '4' },
        sse: { type: 'string' },
        'ca-file': { type: 'string' },
        'cert-file': { type: 'string' },
        'key-file': { type: 'string' },
        children: { type: 'string' },
        'log-level': { type: 'string', default: 'info' },
      },
      true,
    );
    const server = serverOf(values, positionals);
    if (!values.path.startsWith('/')) throw misuse('bridge', `--path must begin with / (got ${values.path})`);
    const port = wholeNumber('bridge', 'port', required('bridge', 'port', values.port), 0, 65_535);
    const drainMs = duration('bridge', 'drain', values.drain);
    await assertPortFree(values.host, port);
    const running = await startBridge({
      host: values.host,
      port,
      path: values.path,
      server,
      env,
      maxSessions: wholeNumber('bridge', 'max-sessions', values['max-sessions'], 1, 10_000),
      idleMs: duration('bridge', 'idle', values.idle),
      startMs: duration('bridge', 'start', values.start),
      graceMs: duration('bridge', 'grace', values.grace),
      maxMessageBytes: wholeNumber('bridge', 'max-message-mib', values['max-message-mib'], 1, 256) * MEBIBYTE,
      recordFile: values.children,
      log: createLogger({ name: 'bridge', level: values['log-level'] }),
    });
    await untilShutdown();
    await running.stop(drainMs);
    return 0;
  },
};

interface ServerFlags {
  sse?: string | undefined;
  'ca-file'?: string | undefined;
  'cert-file'?: string | undefined;
  'key-file'?: string | undefined;
}

function serverOf(flags: ServerFlags, [program, ...rest]: string[]): BridgeOptions['server'] {
  const { sse, 'ca-file': ca, 'cert-file': cert, 'key-file': key } = flags;
  if (sse === undefined) {
    if ((ca ?? cert ?? key) !== undefined)
      throw misuse('bridge', '--ca-file, --cert-file and --key-file require --sse');
    if (program === undefined || program === '')
      throw misuse('bridge', 'the command of the server is required after --, or --sse');
    return { command: [program, ...rest] };
  }
  if (program !== undefined) throw misuse('bridge', '--sse cannot be combined with a command');
  if (!/^https?:$/.test(URL.parse(sse)?.protocol ?? '')) throw misuse('bridge', '--sse must be an http or https URL');
  if ((cert === undefined) !== (key === undefined))
    throw misuse('bridge', '--cert-file and --key-file belong together');
  const read = (name: string, file: string | undefined) =>
    file === undefined ? {} : { [name]: readTextFileSync(file) };
  return { sse: { url: sse, tls: () => ({ ...read('ca', ca), ...read('cert', cert), ...read('key', key) }) } };
}
