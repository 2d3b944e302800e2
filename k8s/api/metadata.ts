import { z } from 'zod';

const metadata = z.object({
  name: z.string().min(1),
  namespace: z.string().default(''),
  resourceVersion: z.string().min(1),
});

const withMetadata = z.object({ metadata });

/** The metadata that every stored object has. */
export type ObjectMetadata = z.output<typeof metadata>;

/** The metadata of an object; undefined if it is not an object of the API. */
export function metadataOf(object: unknown): ObjectMetadata | undefined {
  const parsed = withMetadata.safeParse(object);
  return parsed.success ? parsed.data.metadata : undefined;
}
