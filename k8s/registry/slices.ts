import { z } from 'zod';

const SERVICE_LABEL = 'kubernetes.io/service-name';

const slice = z.object({
  metadata: z.object({ labels: z.record(z.string(), z.string()).default({}) }),
  addressType: z.string(),
  // Go writes an empty list as null.
  ports: z
    .array(
      z.object({
        name: z.string().nullish(),
        port: z.number().nullish(),
        protocol: z.string().nullish(),
      }),
    )
    .nullish(),
  endpoints: z
    .array(
      z.object({
        addresses: z.array(z.string()).min(1),
        conditions: z.object({ ready: z.boolean().nullish(), terminating: z.boolean().nullish() }).nullish(),
        targetRef: z
          .object({ kind: z.string().nullish(), name: z.string().nullish(), uid: z.string().nullish() })
          .nullish(),
      }),
    )
    .nullish(),
});

/** One endpoint of a slice. */
export interface SliceEndpoint {
  /** Address without a port. All addresses of an endpoint are the same server; the first one is used. */
  ip: string;
  /** Whether new sessions may go there. */
  ready: boolean;
  /** The pod behind it; undefined where it is none. */
  pod: { name: string; uid: string } | undefined;
}

/** What is used of an EndpointSlice. */
export interface Slice {
  service: string;
  /** Its TCP ports; the name of an only one may be empty. */
  ports: readonly { name: string; port: number }[];
  endpoints: readonly SliceEndpoint[];
}

/** Reads an EndpointSlice; undefined where it belongs to no Service, or holds no addresses that can be dialled. */
export function parseSlice(object: unknown): Slice | undefined {
  const parsed = slice.safeParse(object);
  if (!parsed.success) return undefined;
  const { metadata, addressType, ports, endpoints } = parsed.data;
  const service = metadata.labels[SERVICE_LABEL];
  if (service === undefined || (addressType !== 'IPv4' && addressType !== 'IPv6')) return undefined;
  return {
    service,
    ports: (ports ?? []).flatMap(({ name, port, protocol }) =>
      typeof port !== 'number' || (protocol ?? 'TCP') !== 'TCP' ? [] : [{ name: name ?? '', port }],
    ),
    endpoints: (endpoints ?? []).map(({ addresses: [ip = ''], conditions, targetRef }) => ({
      ip,
      // Nothing said means ready (EndpointConditions); a terminating one never is, whatever a Service publishes.
      ready: conditions?.ready !== false && conditions?.terminating !== true,
      pod:
        targetRef?.kind === 'Pod' && targetRef.name != null
          ? { name: targetRef.name, uid: targetRef.uid ?? '' }
          : undefined,
    })),
  };
}
