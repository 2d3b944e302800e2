/** Under this name the operator owns fields (server-side apply). */
export const FIELD_MANAGER = 'mcp-gateway-operator';

/** Label that names the backend of an object. */
export const BACKEND_LABEL = 'mcpgateway.dev/backend';

/** Annotation that holds a hash of what the operator last wanted of an object. */
export const WANTED_ANNOTATION = 'mcpgateway.dev/wanted';

/** Container of the server, and its port, in pods of the operator. */
export const SERVER_CONTAINER = 'server';
export const SERVER_PORT = 'mcp';

const PREFIX = 'mcp-';

/** Name of everything that the operator makes for a backend. */
export function workloadName(backend: string): string {
  return `${PREFIX}${backend}`;
}

/** The backend that an object of this name would be made for; undefined where it is none of ours by name. */
export function backendOfWorkload(name: string): string | undefined {
  return name.startsWith(PREFIX) && name.length > PREFIX.length ? name.slice(PREFIX.length) : undefined;
}

/** The backend that a pod of this name would belong to. */
export function backendOfPod(name: string): string | undefined {
  const [, workload] = /^(.+)-\d+$/.exec(name) ?? [];
  return workload === undefined ? undefined : backendOfWorkload(workload);
}

/** Labels that the pods of a backend are found by. They never change. */
export function selectorLabels(backend: string): Record<string, string> {
  return { 'app.kubernetes.io/name': 'mcp-backend', 'app.kubernetes.io/instance': backend };
}

/** All labels of what the operator makes. */
export function workloadLabels(backend: string): Record<string, string> {
  return {
    ...selectorLabels(backend),
    'app.kubernetes.io/managed-by': 'mcp-gateway-operator',
    [BACKEND_LABEL]: backend,
  };
}

/** The selector as text, for the scale subresource. */
export function selectorText(backend: string): string {
  return Object.entries(selectorLabels(backend))
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}
