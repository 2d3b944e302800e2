import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { UserError } from '../../core/errors.ts';
import { startWatcher } from '../../envoy/watcher/watcher.ts';
import { createLogger } from '../../runtime/log.ts';
import { untilShutdown } from '../../runtime/shutdown.ts';
import { type Command, parseOptions, required, wholeNumber } from '../command.ts';

/** Where systems keep the certificates of public authorities. */
const CA_FILES = ['/etc/ssl/certs/ca-certificates.crt', '/etc/pki/tls/certs/ca-bundle.crt', '/etc/ssl/cert.pem'];

const help = `Usage: mcp-gateway watcher --config FILE --socket PATH --endpoints DIR --ended-sessions FILE --envoy-admin PATH --listen-url URL

Watches the registry, programs Envoy's clusters and endpoints (delta ADS), and hands the policy to the other roles.

  --config FILE              gateway.yaml; it names the folder of the backends and the tenants document
  --socket PATH              Unix socket for Envoy and the other roles
  --endpoints DIR            folder in which whoever runs the processes of "command" backends publishes their endpoints
  --ended-sessions FILE      remembers sessions that were ended
  --envoy-admin PATH         Unix socket of Envoy's admin interface, asked for the health of the endpoints
  --listen-url URL           where the listener is reached, unless the configuration names a public URL
  --development-issuer URL   the issuer, where the configuration says "development"
  --listener-secret FILE     where Envoy reads the listener's certificate from, where it listens with TLS
  --workers N                number of ext-authz processes (default 1), for their share of quotas
  --ca-file FILE             certificates for https backends; default: those of the system, or SSL_CERT_FILE
  --log-level LEVEL          trace, debug, info (default), warn, error

SIGTERM: ends with 0. Envoy and the services go on with what they last had.`;

/** `mcp-gateway watcher` */
export const watcher: Command = {
  summary: 'program Envoy from the registry (a role of the gateway)',
  help,
  run: async (args, { env }) => {
    const { values } = parseOptions('watcher', args, {
      config: { type: 'string' },
      socket: { type: 'string' },
      endpoints: { type: 'string' },
      'ended-sessions': { type: 'string' },
      'envoy-admin': { type: 'string' },
      'listen-url': { type: 'string' },
      'development-issuer': { type: 'string' },
      'listener-secret': { type: 'string' },
      'ca-file': { type: 'string' },
      workers: { type: 'string', default: '1' },
      'log-level': { type: 'string', default: 'info' },
    });
    const option = (name: Exclude<keyof typeof values, 'log-level' | 'workers'>) =>
      required('watcher', name, values[name]);
    const systemCaFile = values['ca-file'] ?? env.SSL_CERT_FILE ?? CA_FILES.find((file) => existsSync(file));
    if (systemCaFile === undefined) {
      throw new UserError('config', 'no file of certificate authorities was found on this system', {
        hint: 'Name one with --ca-file.',
      });
    }
    const running = await startWatcher({
      socket: option('socket'),
      configFile: option('config'),
      endpointsFolder: option('endpoints'),
      endedSessionsFile: option('ended-sessions'),
      adminSocket: option('envoy-admin'),
      systemCaFile,
      listenerSecretFile: values['listener-secret'],
      facts: {
        listenUrl: option('listen-url'),
        developmentIssuer: values['development-issuer'],
        folder: dirname(resolve(option('config'))),
        workers: wholeNumber('watcher', 'workers', values.workers, 1, 64),
      },
      log: createLogger({ name: 'watcher', level: values['log-level'] }),
    });
    await untilShutdown();
    await running.stop();
    return 0;
  },
};
