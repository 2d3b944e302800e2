/** A kind of object of the Kubernetes API. */
export interface Resource {
  /** `v1`, or group and version such as `apps/v1`. */
  apiVersion: string;
  kind: string;
  /** Name in paths: lower case, plural. */
  plural: string;
}

/** Where objects are. */
export interface ObjectRef {
  /** Undefined: of all namespaces, or of a kind that has none. */
  namespace?: string | undefined;
  name?: string | undefined;
  /** Part of an object, such as `status` or `scale`. */
  subresource?: string | undefined;
  /** Parts of a path below a subresource that passes requests on, such as `proxy`. */
  below?: readonly string[] | undefined;
}

export const PODS: Resource = { apiVersion: 'v1', kind: 'Pod', plural: 'pods' };
export const SERVICES: Resource = { apiVersion: 'v1', kind: 'Service', plural: 'services' };
export const SECRETS: Resource = { apiVersion: 'v1', kind: 'Secret', plural: 'secrets' };
export const CONFIG_MAPS: Resource = { apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps' };
/** Events as they are read: only core/v1 can select them by the kind of the object that they are about. */
export const CORE_EVENTS: Resource = { apiVersion: 'v1', kind: 'Event', plural: 'events' };
export const ENDPOINT_SLICES: Resource = {
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  plural: 'endpointslices',
};
export const MCP_BACKENDS: Resource = {
  apiVersion: 'mcpgateway.dev/v1alpha1',
  kind: 'MCPBackend',
  plural: 'mcpbackends',
};

/** Path of objects in the API, without a query. */
export function pathOf(
  { apiVersion, plural }: Resource,
  { namespace, name, subresource, below = [] }: ObjectRef,
): string {
  const parts = [apiVersion.includes('/') ? 'apis' : 'api', ...apiVersion.split('/')];
  if (namespace !== undefined) parts.push('namespaces', namespace);
  parts.push(plural);
  if (name !== undefined) parts.push(name);
  if (subresource !== undefined) parts.push(subresource, ...below);
  return `/${parts.map(encodeURIComponent).join('/')}`;
}

/** How an operation is told to people: `list pods in the namespace mcp`. */
export function describeOperation(verb: string, { plural }: Resource, place: ObjectRef): string {
  const { namespace, name, subresource } = place;
  const what = subresource === undefined ? plural : `${plural}/${subresource}`;
  const which = name === undefined ? '' : ` ${name}`;
  return `${verb} ${what}${which}${namespace === undefined ? '' : ` in the namespace ${namespace}`}`;
}
