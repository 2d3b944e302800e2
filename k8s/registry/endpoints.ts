import { isIP } from 'node:net';
import { type Endpoint, splitAddress } from '../../core/registry/endpoint.ts';
import type { ServicePorts } from '../objects/services.ts';
import type { EndpointPod, PodContainer } from './pods.ts';
import type { Slice, SliceEndpoint } from './slices.ts';

/** Port that is meant where a Service has several and nobody says which. */
const USUAL_PORT = 'mcp';

/** What is known of a Service and of what is behind it. */
export interface ServiceView {
  name: string;
  /** Number or name of the Service's port that is meant; undefined: its only one, or the one called `mcp`. */
  port: number | string | undefined;
  service: ServicePorts | undefined;
  /** Its slices, in an order that stays. */
  slices: readonly Slice[];
  podOf: (name: string) => EndpointPod | undefined;
}

/** The replicas behind a Service, and what stands in the way of more. */
export interface ServiceEndpoints {
  endpoints: readonly Endpoint[];
  notes: readonly string[];
}

/**
 * The replicas behind a Service. Slices and pods come by different ways and in any order, so that one of both may be older:
 *
 * | slice says             | pod                                       | becomes                                    |
 * |------------------------|-------------------------------------------|--------------------------------------------|
 * | a pod                  | not known, another uid or another address | nothing yet                                |
 * | a pod                  | its server is not running                 | nothing: its sessions are gone             |
 * | a pod, ready           | ready                                     | an endpoint                                |
 * | a pod, not ready       | any                                       | a draining one                             |
 * | a pod                  | not ready, or terminating                 | a draining one                             |
 * | no pod                 |                                           | an endpoint, known by its address; draining where it is not ready |
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
  if (view.service === undefined) notes.add(`the Service ${view.name} is not there`);
  else if (view.service.type === 'ExternalName') {
    notes.add(`the Service ${view.name} is of the type ExternalName, which has no endpoints; use url`);
  }
  const endpoints = oneForEachAddress([...found.values()]).sort((a, b) => (a.id < b.id ? -1 : 1));
  return { endpoints, notes: [...notes] };
}

/**
 * Those of some endpoints whose servers still live, all draining: where a backend is deleted, its Service and slices go at once,
 * while its pods drain.
 */
export function survivors(endpoints: readonly Endpoint[], podOf: ServiceView['podOf']): Endpoint[] {
  return endpoints.flatMap((endpoint) => {
    const { ip, port } = splitAddress(endpoint.address);
    const now = toEndpoint({ ip, ready: false, pod: { name: endpoint.id, uid: '' } }, port, podOf);
    return now?.incarnation === endpoint.incarnation ? [now] : [];
  });
}

// Envoy dials the port of the pod, which slices know by the name of the Service's port.
function portOf({ name, port, service }: ServiceView, slice: Slice, notes: Set<string>): number | undefined {
  if (port === undefined) {
    const [only] = slice.ports;
    if (slice.ports.length === 1) return only?.port;
    const usual = slice.ports.find((each) => each.name === USUAL_PORT);
    const listed = slice.ports.map((each) => each.name).join(', ');
    if (usual === undefined && slice.ports.length > 1) {
      notes.add(`the Service ${name} has several ports (${listed}); say which one with service.port`);
    }
    return usual?.port;
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

// The containers that say they listen there. Where none does it may be any of them, so a restart of each one counts: better a
// session that begins anew than one that goes on with a server which does not know it.
function serversOf({ containers }: EndpointPod, port: number): readonly PodContainer[] {
  const declared = containers.filter(({ ports }) => ports.includes(port));
  return declared.length > 0 ? declared : containers;
}

// A pod with addresses of both families is in a slice of each; its chief address is used. For a moment an endpoint may be in two
// slices of one family: one of them that is ready is enough, since the pod is asked as well.
function better(a: Endpoint, b: Endpoint, podOf: ServiceView['podOf']): Endpoint {
  if (a.address === b.address) return a.draining ? b : a;
  const chief = podOf(a.id)?.ips[0];
  return chief !== undefined && splitAddress(b.address).ip === chief ? b : a;
}

// An address may already be that of another pod. Envoy knows hosts by their address, so only one can have it.
function oneForEachAddress(endpoints: Endpoint[]): Endpoint[] {
  const byAddress = new Map<string, Endpoint>();
  for (const endpoint of endpoints) {
    const known = byAddress.get(endpoint.address);
    if (known === undefined || known.draining) byAddress.set(endpoint.address, endpoint);
  }
  return [...byAddress.values()];
}
