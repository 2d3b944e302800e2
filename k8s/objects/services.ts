import { z } from 'zod';

const service = z.object({
  spec: z.object({
    type: z.string().default('ClusterIP'),
    ports: z.array(z.object({ name: z.string().default(''), port: z.number() })).default([]),
  }),
});

/** What the gateway reads of a Service (core/v1). */
export interface ServicePorts {
  type: string;
  /** Port numbers are those of the Service, not of its pods. The name may be empty. */
  ports: readonly { name: string; port: number }[];
}

/** Reads a Service; undefined if the object is not one. */
export function parseService(object: unknown): ServicePorts | undefined {
  const parsed = service.safeParse(object);
  return parsed.success ? parsed.data.spec : undefined;
}
