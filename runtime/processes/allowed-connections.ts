import { UserError } from '../../core/errors.ts';
import { type ConnectionLimit, connectionLimit } from './open-files.ts';

/** With fewer, a handful of clients with their streams would shut out all others. */
const MIN_CONNECTIONS = 64;

/**
 * The number of client connections that Envoy may accept. Warns if the limit of open files allows fewer than usual.
 *
 * @throws UserError `too-few-files`
 */
export function allowedConnections(
  log: { warn: (text: string) => void },
  limit: ConnectionLimit = connectionLimit(),
): number {
  const { connections, openFiles, wanted } = limit;
  const hint = `Raise it to ${wanted}: with ulimit -n, with LimitNOFILE of systemd, or in the settings of the container runtime.`;
  if (connections < MIN_CONNECTIONS) {
    throw new UserError('too-few-files', `a process may open ${openFiles} files, too few for a gateway`, { hint });
  }
  if (openFiles !== undefined && openFiles < wanted) {
    log.warn(`a process may open ${openFiles} files, so at most ${connections} clients can be connected. ${hint}`);
  }
  return connections;
}
