/** Socket of the watcher's services, relative to the run folder. */
export const WATCHER_SOCKET = 'watcher.sock';

/** Envoy's admin socket, relative to the run folder. */
export const ENVOY_ADMIN_SOCKET = 'admin.sock';

/** Socket of the process that serves the admin tools, relative to the run folder. */
export const ADMIN_TOOLS_SOCKET = 'admin-tools.sock';

/** Name of the HTTP socket of an ext-authz process, relative to the run folder. */
export const metadataSocket = (index: number | string): string => `ext-authz-${index}-http.sock`;

/** Number of ext-proc processes: the second one serves while the first one restarts. */
const EXT_PROC_PROCESSES = 2;

/** Sockets of the services, relative to the run folder. */
export function socketNames(workers: number): {
  extAuthz: string[];
  metadata: string[];
  extProc: string[];
  /** Of ext-proc, for /metrics. */
  metrics: string[];
} {
  const numbered = (count: number, name: (index: number) => string) =>
    Array.from({ length: count }, (_, index) => name(index));
  return {
    extAuthz: numbered(workers, (index) => `ext-authz-${index}.sock`),
    metadata: numbered(workers, metadataSocket),
    extProc: numbered(EXT_PROC_PROCESSES, (index) => `ext-proc-${index}.sock`),
    metrics: numbered(EXT_PROC_PROCESSES, (index) => `ext-proc-${index}-http.sock`),
  };
}
