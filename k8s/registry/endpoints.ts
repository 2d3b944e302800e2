import { isIP } from 'node:net';
import { type Endpoint, splitAddress } from '../../core/registry/endpoint.ts';
import type { ServicePorts } from '../objects/services.ts';
import type { EndpointPod, PodContainer } from './pods.ts';
import type { Slice, SliceEndpoint } from './slices.ts';

/** Port to use if a Service has several and the backend names none. */
const DEFAULT_PORT_NAME = 'mcp';

/** A Service and what is behind it. */
export interface ServiceView {
  name: string;
  /** Number or name of the Service's port; undefined: its only one, or the one named `mcp`. */
  port: number | string | undefined;
  service: ServicePorts | undefined;
  /** Its slices, in a stable order. */
  slices: readonly Slice[];
  podOf: (name: string) => EndpointPod | undefined;
}

/** The replicas behind a Service, and why there are not more. */
export interface ServiceEndpoints {
  endpoints: readonly Endpoint[];
  notes: readonly string[];
}

/**
 * The replicas behind a Service. Slices and pods are watched separately, so either may be older than the other:
 *
 * | endpoint in the slice  | pod                                       | result                                     |
 * |------------------------|-------------------------------------------|--------------------------------------------|
 * | of a pod               | unknown, another uid or another address   | none yet                                   |
 * | of a pod               | its server is not running                 | none: its sessions are gone                |
 * | of a pod, ready        | ready                                     | an endpoint                                |
 * | of a pod, not ready    | any                                       | a draining endpoint                        |
 * | of a pod               | not ready, or terminating                 | a draining endpoint                        |
 * | not of a pod           |                                           | an endpoint identified by its address; draining if it is not ready |
 */
export function serviceEndpoints(view: ServiceView): ServiceEndpoints {
  const notes = new Set<string>();
  const found = new Map<string, Endpoint>();
  for (const slice of view.slices) {
    const port = portOf(view, slice, notes);
    if (port === undefined) continue;
    for (const each of slice.endpoints) {
      const endpoint = toEndpoint(each, port, view.podOf);
      if (endpoint === undefined) continue;
      const known = found.get(endpoint.id);
      found.set(endpoint.id, known === undefined ? endpoint : better(known, endpoint, view.podOf));
    }
  }
  if (view.service === undefined) notes.add(`the Service ${view.name} does not exist`);
  else if (view.service.type === 'ExternalName') {
    notes.add(`the Service ${view.name} has the type ExternalName and so no endpoints: use url instead`);
  }
  const endpoints = oneForEachAddress([...found.values()]).sort((a, b) => (a.id < b.id ? -1 : 1));
  return { endpoints, notes: [...notes] };
}

/**
 * The endpoints whose servers are still running, marked as draining. When a backend is deleted, its Service and slices disappear immediately,
 * while its pods drain.
 */
export function survivors(endpoints: readonly Endpoint[], podOf: ServiceView['podOf']): Endpoint[] {
  return endpoints.flatMap((endpoint) => {
    const { ip, port } = splitAddress(endpoint.address);
    const now = toEndpoint({ ip, ready: false, pod: { name: endpoint.id, uid: '' } }, port, podOf);
    return now?.incarnation === endpoint.incarnation ? [now] : [];
  });
}

// Envoy connects to the port of the pod. Slices list it under the name of the Service's port.
function portOf({ name, port, service }: ServiceView, slice: Slice, notes: Set<string>): number | undefined {
  if (port === undefined) {
    const [only] = slice.ports;
    if (slice.ports.length === 1) return only?.port;
    const named = slice.ports.find((each) => each.name === DEFAULT_PORT_NAME);
    const listed = slice.ports.map((each) => each.name).join(', ');
    if (named === undefined && slice.ports.length > 1) {
      notes.add(`the Service ${name} has several ports (${listed}): set service.port to one of them`);
    }
    return named?.port;
  }
  const wanted = typeof port === 'string' ? port : service?.ports.find((each) => each.port === port)?.name;
  const found = wanted === undefined ? undefined : slice.ports.find((each) => each.name === wanted);
  if (found === undefined && service !== undefined) notes.add(`the Service ${name} has no port ${port}`);
  return found?.port;
}

function toEndpoint({ ip, ready, pod: ref }: SliceEndpoint, port: number, podOf: ServiceView['podOf']) {
  const address = `${isIP(ip) === 6 ? `[${ip}]` : ip}:${port}`;
  if (ref === undefined) return { id: address, address, incarnation: '', hostname: '', draining: !ready };
  const pod = podOf(ref.name);
  if (pod === undefined || !pod.ips.includes(ip) || (ref.uid !== '' && ref.uid !== pod.uid)) return undefined;
  const servers = serversOf(pod, port);
  if (!servers.some(({ running }) => running)) return undefined;
  const restarts = servers.reduce((sum, each) => sum + each.restarts, 0);
  return {
    id: ref.name,
    address,
    incarnation: `${pod.uid}/${restarts}`,
    hostname: '',
    draining: !ready || !pod.ready,
  };
}

// The containers that declare the port. If none does, it may be any of them, so the restarts of all count: it is better to end a
// session than to continue it at a server that does not know it.
function serversOf({ containers }: EndpointPod, port: number): readonly PodContainer[] {
  const declared = containers.filter(({ ports }) => ports.includes(port));
  return declared.length > 0 ? declared : containers;
}

// A pod with IPv4 and IPv6 addresses is in a slice of each family; its primary address is used. An endpoint may briefly be in two
// slices of one family: it counts as ready if one of them is, since the pod's readiness is checked as well.
function better(a: Endpoint, b: Endpoint, podOf: ServiceView['podOf']): Endpoint {
  if (a.address === b.address) return a.draining ? b : a;
  const primary = podOf(a.id)?.ips[0];
  return primary !== undefined && splitAddress(b.address).ip === primary ? b : a;
}

// An address may already belong to another pod. Envoy identifies hosts by address, so only one endpoint can have it.
function oneForEachAddress(endpoints: Endpoint[]): Endpoint[] {
  const byAddress = new Map<string, Endpoint>();
  for (const endpoint of endpoints) {
    const known = byAddress.get(endpoint.address);
    if (known === undefined || known.draining) byAddress.set(endpoint.address, endpoint);
  }
  return [...byAddress.values()];
}
