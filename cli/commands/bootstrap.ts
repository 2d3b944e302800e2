import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { anyGatewaySchema } from '../../core/config/gateway.ts';
import { parseYaml } from '../../core/document/parse.ts';
import { formatProblem } from '../../core/document/problems.ts';
import { isMissingFile, messageOf, UserError } from '../../core/errors.ts';
import { renderBootstrap } from '../../envoy/bootstrap.ts';
import { toProblems } from '../../envoy/tls/listener-certificate.ts';
import { readPair } from '../../envoy/tls/read.ts';
import { writeSecretFile } from '../../envoy/tls/secret-file.ts';
import { readTextFile } from '../../runtime/files/read.ts';
import { allowedConnections } from '../../runtime/processes/allowed-connections.ts';
import { socketNames } from '../../runtime/state/sockets.ts';
import { type Command, parseOptions, required, wholeNumber } from '../command.ts';

const help = `Usage: mcp-gateway bootstrap --config FILE --sockets DIR [--workers N] [--listener-secret FILE] [--out FILE]

Makes Envoy's configuration from gateway.yaml, for a pod or a setup that starts Envoy and the roles one by one.
"up" does this by itself.

  --config FILE           gateway.yaml, for listen and workers
  --sockets DIR           folder of the sockets of Envoy and the roles
  --workers N             number of ext-authz processes; default: as configured, else 1
  --listener-secret FILE  file with the listener's certificate for Envoy; written now from listen.tls, and later by the
                          watcher. Required with listen.tls
  --out FILE              file for the configuration; default: standard output`;

/** `mcp-gateway bootstrap` */
export const bootstrap: Command = {
  summary: "make Envoy's configuration from gateway.yaml",
  help,
  run: async (args, { print, tell }) => {
    const { values } = parseOptions('bootstrap', args, {
      config: { type: 'string' },
      sockets: { type: 'string' },
      workers: { type: 'string' },
      'listener-secret': { type: 'string' },
      out: { type: 'string' },
    });
    const file = required('bootstrap', 'config', values.config);
    const folder = resolve(required('bootstrap', 'sockets', values.sockets));
    const text = await readTextFile(file).catch((cause: unknown) => {
      const problem = isMissingFile(cause) ? 'does not exist' : `cannot be read: ${messageOf(cause)}`;
      throw new UserError('missing-file', `the configuration ${file} ${problem}`, { cause });
    });
    const config = parseYaml(text, file, anyGatewaySchema);
    if (!config.ok) throw new UserError('config', config.problems.map(formatProblem).join('\n'));
    const { listen, workers } = config.value;
    const listenerSecret = listen.tls === undefined ? undefined : values['listener-secret'];
    if (listen.tls !== undefined) {
      const secretFile = required('bootstrap', 'listener-secret', listenerSecret);
      const pair = await readPair(dirname(resolve(file)), listen.tls);
      if (!pair.ok) throw new UserError('config', toProblems(pair.problems, file).map(formatProblem).join('\n'));
      mkdirSync(dirname(resolve(secretFile)), { recursive: true });
      writeSecretFile(resolve(secretFile), pair.value);
    }
    const count = values.workers === undefined ? workers : wholeNumber('bootstrap', 'workers', values.workers, 1, 64);
    const rendered = renderBootstrap({
      address: listen.address,
      port: listen.port,
      trustedProxies: listen.trustedProxies,
      heapMiB: listen.heapMiB,
      maxConnections: allowedConnections({ warn: (text) => tell(text) }),
      listenerSecret: listenerSecret === undefined ? undefined : resolve(listenerSecret),
      folder,
      sockets: socketNames(count ?? 1),
    });
    if (values.out === undefined) print(rendered.trimEnd());
    else {
      // Atomically: an Envoy that starts at the same time reads the old or the new configuration.
      writeFileSync(`${values.out}.new`, rendered, { mode: 0o600 });
      renameSync(`${values.out}.new`, values.out);
      tell(`Envoy's configuration is in ${values.out}`);
    }
    return 0;
  },
};
