import { z } from 'zod';

const SERVICE_LABEL = 'kubernetes.io/service-name';

const slice = z.object({
  metadata: z.object({ labels: z.record(z.string(), z.string()).default({}) }),
  addressType: z.string(),
  // Go writes an empty list as null.
  ports: z
    .array(z.object({ name: z.string().nullish(), port: z.number().nullish(), protocol: z.string().nullish() }))
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

/** What the gateway reads of an EndpointSlice (discovery.k8s.io/v1). */
export interface EndpointSlice {
  service: string;
  /** `IPv4`, `IPv6` or `FQDN`. */
  addressType: string;
  /** TCP ports. The name of an only port may be empty. */
  ports: readonly { name: string; port: number }[];
  endpoints: readonly {
    /** Address without a port. All addresses of an endpoint belong to the same server; this is the first one. */
    address: string;
    ready: boolean;
    terminating: boolean;
    /** The pod behind it; undefined if it is not a pod. The uid may be empty. */
    pod: { name: string; uid: string } | undefined;
  }[];
}

/** Reads an EndpointSlice; undefined if the object is not one, or does not belong to a Service. */
export function parseSlice(object: unknown): EndpointSlice | undefined {
  const parsed = slice.safeParse(object);
  if (!parsed.success) return undefined;
  const { metadata, addressType, ports, endpoints } = parsed.data;
  const service = metadata.labels[SERVICE_LABEL];
  if (service === undefined) return undefined;
  return {
    ...{ service, addressType },
    ports: (ports ?? []).flatMap(({ name, port, protocol }) =>
      typeof port !== 'number' || (protocol ?? 'TCP') !== 'TCP' ? [] : [{ name: name ?? '', port }],
    ),
    endpoints: (endpoints ?? []).map(({ addresses: [address = ''], conditions, targetRef }) => ({
      address,
      // An unset condition means ready (EndpointConditions).
      ready: conditions?.ready !== false,
      terminating: conditions?.terminating === true,
      pod:
        targetRef?.kind === 'Pod' && targetRef.name != null
          ? { name: targetRef.name, uid: targetRef.uid ?? '' }
          : undefined,
    })),
  };
}
