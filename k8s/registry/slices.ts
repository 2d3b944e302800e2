import { parseSlice } from '../objects/slices.ts';

/** One endpoint of a slice. */
export interface SliceEndpoint {
  /** Address without a port. */
  ip: string;
  /** Whether new sessions may go there. */
  ready: boolean;
  /** The pod behind it; undefined if it is not a pod. */
  pod: { name: string; uid: string } | undefined;
}

/** What the registry keeps of an EndpointSlice. */
export interface Slice {
  service: string;
  /** TCP ports. The name of an only port may be empty. */
  ports: readonly { name: string; port: number }[];
  endpoints: readonly SliceEndpoint[];
}

/** Reads an EndpointSlice; undefined if it does not belong to a Service, or holds no IP addresses. */
export function readSlice(object: unknown): Slice | undefined {
  const slice = parseSlice(object);
  if (slice === undefined || (slice.addressType !== 'IPv4' && slice.addressType !== 'IPv6')) return undefined;
  const { service, ports, endpoints } = slice;
  return {
    ...{ service, ports },
    endpoints: endpoints.map(({ address, ready, terminating, pod }) => ({
      ip: address,
      // With publishNotReadyAddresses a terminating endpoint counts as ready.
      ready: ready && !terminating,
      pod,
    })),
  };
}
