import { z } from 'zod';

const service = z.object({
  spec: z.object({
    type: z.string().default('ClusterIP'),
    ports: z.array(z.object({ name: z.string().default(''), port: z.number() })).default([]),
  }),
});

/** What is used of a Service. */
export interface ServicePorts {
  type: string;
  /** The numbers are those of the Service, not of its pods. */
  ports: readonly { name: string; port: number }[];
}

/** Reads a Service; undefined where it is none. */
export function parseService(object: unknown): ServicePorts | undefined {
  const parsed = service.safeParse(object);
  return parsed.success ? parsed.data.spec : undefined;
}
