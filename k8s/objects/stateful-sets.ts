import { z } from 'zod';

const count = z.number().default(0);

const statefulSet = z.object({
  metadata: z.object({ generation: count }),
  spec: z.object({ replicas: z.number().default(1) }),
  status: z
    .object({
      observedGeneration: count,
      replicas: count,
      readyReplicas: count,
      updatedReplicas: count,
      currentRevision: z.string().default(''),
      updateRevision: z.string().default(''),
    })
    .prefault({}),
});

/** What the gateway reads of a StatefulSet (apps/v1): how far its rollout is. */
export type StatefulSetState = z.output<typeof statefulSet>;

/** Reads a StatefulSet; undefined if the object is not one. */
export function parseStatefulSet(object: unknown): StatefulSetState | undefined {
  const parsed = statefulSet.safeParse(object);
  return parsed.success ? parsed.data : undefined;
}
