/** Number of ext-proc processes: the second one serves while the first one restarts. */
const EXT_PROC_PROCESSES = 2;

/** Sockets of the services, relative to the run folder. */
export function socketNames(workers: number): { extAuthz: string[]; metadata: string[]; extProc: string[] } {
  const numbered = (count: number, name: (index: number) => string) =>
    Array.from({ length: count }, (_, index) => name(index));
  return {
    extAuthz: numbered(workers, (index) => `ext-authz-${index}.sock`),
    metadata: numbered(workers, (index) => `ext-authz-${index}-http.sock`),
    extProc: numbered(EXT_PROC_PROCESSES, (index) => `ext-proc-${index}.sock`),
  };
}
