/**
 * Whether `up` or the operator runs processes for a backend: its server, or the bridge to a server that speaks HTTP+SSE. The server of
 * any other backend runs elsewhere.
 */
export function runsProcesses(backend: Readonly<Record<string, unknown>>): boolean {
  return backend.image !== undefined || backend.command !== undefined || backend.transport === 'sse';
}
