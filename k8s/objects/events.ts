import { z } from 'zod';

const event = z.object({
  reason: z.string().default(''),
  message: z.string().default(''),
  type: z.string().default(''),
  lastTimestamp: z.string().nullish(),
  eventTime: z.string().nullish(),
  metadata: z.object({ creationTimestamp: z.string().nullish() }).default({}),
  involvedObject: z
    .object({ name: z.string().default(''), uid: z.string().default('') })
    .default({ name: '', uid: '' }),
});

/** What the gateway reads of an Event (core/v1). */
export interface ClusterEvent {
  /** `Normal` or `Warning`. */
  type: string;
  reason: string;
  message: string;
  /** The object that it is about. */
  about: { name: string; uid: string };
  /** When it last happened, RFC 3339. */
  lastAt: string | undefined;
  /** When it was first recorded, RFC 3339. */
  createdAt: string | undefined;
}

/** Reads an Event; undefined if the object is not one. */
export function parseEvent(object: unknown): ClusterEvent | undefined {
  const parsed = event.safeParse(object);
  if (!parsed.success) return undefined;
  const { type, reason, message, lastTimestamp, eventTime, metadata, involvedObject } = parsed.data;
  return {
    ...{ type, reason, message },
    about: involvedObject,
    lastAt: lastTimestamp ?? eventTime ?? undefined,
    createdAt: metadata.creationTimestamp ?? undefined,
  };
}
