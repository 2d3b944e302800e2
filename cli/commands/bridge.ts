import { startBridge } from '../../bridge/bridge.ts';
import { createLogger } from '../../runtime/log.ts';
import { assertPortFree } from '../../runtime/processes/ports.ts';
import { untilShutdown } from '../../runtime/shutdown.ts';
import { type Command, duration, misuse, parseOptions, required, wholeNumber } from '../command.ts';

const MEBIBYTE = 1024 * 1024;

const help = `Usage: mcp-gateway bridge --port N [OPTIONS] -- COMMAND ARGS...

Serves an MCP server that speaks over its standard input and output as one that speaks Streamable HTTP. Each session gets a
process of its own, which ends with the session. The environment goes on to the processes, without PORT and NODE_OPTIONS.

  --port N             port to listen on; 0 picks a free one
  --host ADDRESS       address to listen on; default 127.0.0.1, since nobody is asked who they are here
  --path PATH          path of the MCP endpoint; default /mcp. GET /healthz tells whether sessions can be opened
  --max-sessions N     most sessions at once (default 100); more are refused with 503
  --idle DURATION      a session that nobody uses or is connected to ends after so long (default 30m)
  --start DURATION     how long a process may take to answer initialize (default 2m)
  --grace DURATION     how long a process may take to end after SIGTERM (default 3s); then its whole group is killed
  --drain DURATION     how long open sessions go on after SIGTERM (default 5s)
  --max-message-mib N  largest message in either direction, in MiB (default 4)
  --children FILE      notes the running processes there, for whoever ends them should the bridge be killed
  --log-level LEVEL    trace, debug, info (default), warn, error

SIGTERM: opens no more sessions, lets the open ones drain, ends all processes, ends with 0.`;

/** `mcp-gateway bridge` */
export const bridge: Command = {
  summary: 'serve a stdio MCP server over HTTP',
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
        children: { type: 'string' },
        'log-level': { type: 'string', default: 'info' },
      },
      true,
    );
    const [program, ...rest] = positionals;
    if (program === undefined || program === '')
      throw misuse('bridge', 'the command of the server is missing after --');
    if (!values.path.startsWith('/')) throw misuse('bridge', `--path must begin with / (got ${values.path})`);
    const port = wholeNumber('bridge', 'port', required('bridge', 'port', values.port), 0, 65_535);
    const drainMs = duration('bridge', 'drain', values.drain);
    await assertPortFree(values.host, port);
    const running = await startBridge({
      host: values.host,
      port,
      path: values.path,
      command: [program, ...rest],
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
