/** A kind of object of the Kubernetes API. */
export interface Resource {
  /** `v1`, or group and version such as `apps/v1`. */
  apiVersion: string;
  kind: string;
  /** Name in paths: lower case, plural. */
  plural: string;
}

/** Refers to one object, or to all objects of a namespace or of the cluster. */
export interface ObjectRef {
  /** Undefined: all namespaces, or a kind that is not namespaced. */
  namespace?: string | undefined;
  name?: string | undefined;
  /** Part of an object, such as `status` or `scale`. */
  subresource?: string | undefined;
  /** Path segments below a subresource that forwards requests, such as `proxy`. */
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

/** An operation in words, such as `list pods in the namespace mcp`. */
export function describeOperation(verb: string, { plural }: Resource, ref: ObjectRef): string {
  const { namespace, name, subresource } = ref;
  const what = subresource === undefined ? plural : `${plural}/${subresource}`;
  const which = name === undefined ? '' : ` ${name}`;
  return `${verb} ${what}${which}${namespace === undefined ? '' : ` in the namespace ${namespace}`}`;
}
