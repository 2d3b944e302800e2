/** Label that names the backend an object was made for. */
export const BACKEND_LABEL = 'mcpgateway.dev/backend';

/** Container of the server in the pods of a backend, and the name of its port. */
export const SERVER_CONTAINER = 'server';
export const SERVER_PORT = 'mcp';

const PREFIX = 'mcp-';

/** Name of every object that the operator makes for a backend. */
export function workloadName(backend: string): string {
  return `${PREFIX}${backend}`;
}

/** The backend that an object of this name is made for; undefined if the operator makes no objects of such a name. */
export function backendOfWorkload(name: string): string | undefined {
  return name.startsWith(PREFIX) && name.length > PREFIX.length ? name.slice(PREFIX.length) : undefined;
}

/** The backend that a pod of this name belongs to. */
export function backendOfPod(name: string): string | undefined {
  const [, workload] = /^(.+)-\d+$/.exec(name) ?? [];
  return workload === undefined ? undefined : backendOfWorkload(workload);
}
