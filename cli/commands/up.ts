import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { formatProblem } from '../../core/document/problems.ts';
import { UserError } from '../../core/errors.ts';
import { banner } from '../../local/banner.ts';
import { loadGateway } from '../../local/documents.ts';
import { LocalGateway } from '../../local/gateway.ts';
import { createLogger } from '../../runtime/log.ts';
import { cacheDir, stateDir } from '../../runtime/paths.ts';
import { isChildOfNpm, untilShutdown } from '../../runtime/shutdown.ts';
import { stateFolder } from '../../runtime/state/folder.ts';
import { type Command, parseOptions, type Terminal, wholeNumber } from '../command.ts';

const help = `Usage: mcp-gateway up [--config FILE] [--port N] [--state-dir DIR] [--envoy PATH] [--workers N]

Runs the whole gateway on this machine: Envoy, every role, and the processes of "command" backends.
It needs no Redis, no Kubernetes and no identity provider. It finds Envoy, or installs it into the cache.

  --config FILE    gateway.yaml; default: gateway.yaml in the working directory
  --port N         port of the listener; 0 picks a free port; default: as configured
  --state-dir DIR  folder for keys, sockets and records; default: mcp-gateway in $XDG_STATE_HOME or ~/.local/state
  --envoy PATH     the Envoy binary; default: ENVOY_PATH, PATH, the cache
  --workers N      number of ext-authz processes; default: as configured, else half the processor cores
  --log-level L    trace, debug, info (default), warn, error

Ctrl-C or SIGTERM ends everything.`;

/** `mcp-gateway up` */
export const up: Command = { summary: 'run the whole gateway on this machine', help, run };

async function run(args: string[], terminal: Terminal): Promise<number> {
  const { values } = parseOptions('up', args, {
    config: { type: 'string', default: 'gateway.yaml' },
    port: { type: 'string' },
    'state-dir': { type: 'string' },
    envoy: { type: 'string' },
    workers: { type: 'string' },
    'log-level': { type: 'string', default: 'info' },
  });
  if (!existsSync(values.config)) {
    throw new UserError('missing-file', `the configuration ${values.config} does not exist`, {
      hint: 'Name it with --config FILE. examples/quickstart/gateway.yaml is an example.',
    });
  }
  const documents = await loadGateway(values.config);
  if (!documents.ok) {
    throw new UserError('config', documents.problems.map(formatProblem).join('\n'), { hint: 'Nothing was started.' });
  }
  const { config } = documents.value;
  const log = createLogger({ name: 'up', level: values['log-level'], fd: terminal.interactive ? 2 : 1 });
  const stopping = new AbortController();
  const shutdown = untilShutdown({ withParent: isChildOfNpm(terminal.env) }).then(() => stopping.abort());
  const gateway = new LocalGateway({
    documents: documents.value,
    port: values.port === undefined ? config.listen.port : wholeNumber('up', 'port', values.port, 0, 65_535),
    workers:
      values.workers === undefined
        ? (config.workers ?? defaultWorkers())
        : wholeNumber('up', 'workers', values.workers, 1, 64),
    logLevel: values['log-level'],
    folder: stateFolder(resolve(values['state-dir'] ?? stateDir(terminal.env))),
    envoy: values.envoy,
    cacheDir: cacheDir(terminal.env),
    program: terminal.program,
    env: terminal.env,
    progress: (line) => (terminal.interactive ? terminal.tell(line) : log.info(line)),
    signal: stopping.signal,
    log,
  });
  try {
    await gateway.start();
    const waiting = await gateway.ready();
    if (!stopping.signal.aborted) {
      const { publicUrl, backendUrls, developmentIssuer } = gateway;
      const stateOption = values['state-dir'] === undefined ? '' : ` --state-dir ${resolve(values['state-dir'])}`;
      if (terminal.interactive)
        terminal.print(banner({ backends: backendUrls, developmentIssuer, stateOption, waiting }));
      else
        log.info(
          { url: publicUrl, backends: Object.fromEntries(backendUrls), issuer: developmentIssuer, waiting },
          'ready',
        );
    }
    await shutdown;
    if (terminal.interactive) terminal.tell('\nStopping.');
    return 0;
  } catch (error) {
    if (stopping.signal.aborted) return 0;
    throw error;
  } finally {
    await gateway.stop();
  }
}

// Envoy needs the other half. More processes would only compete for the cores.
function defaultWorkers(): number {
  return Math.max(1, Math.floor(availableParallelism() / 2));
}
