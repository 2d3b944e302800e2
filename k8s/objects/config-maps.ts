import { z } from 'zod';

const configMap = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string(), uid: z.string() }),
  data: z
    .record(z.string(), z.string())
    .nullish()
    .transform((data) => data ?? {}),
});

/** What the gateway reads of a ConfigMap (core/v1). */
export interface ConfigMap {
  name: string;
  namespace: string;
  uid: string;
  data: Readonly<Record<string, string>>;
}

/** Reads a ConfigMap; undefined if the object is not one. */
export function parseConfigMap(object: unknown): ConfigMap | undefined {
  const parsed = configMap.safeParse(object);
  return parsed.success ? { ...parsed.data.metadata, data: parsed.data.data } : undefined;
}
