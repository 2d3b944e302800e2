import { z } from 'zod';
import { parseEvent } from '../objects/events.ts';
import { parseService, type ServicePorts } from '../objects/services.ts';
import { parseSlice } from '../objects/slices.ts';
import { WANTED_ANNOTATION } from './labels.ts';

const owned = z.object({
  metadata: z.object({
    name: z.string(),
    uid: z.string(),
    resourceVersion: z.string(),
    annotations: z.record(z.string(), z.string()).default({}),
    deletionTimestamp: z.string().optional(),
    ownerReferences: z
      .array(z.object({ kind: z.string(), name: z.string(), uid: z.string(), controller: z.boolean().optional() }))
      .default([]),
  }),
});

/** An object whose name is one that the operator uses. The operator need not own it. */
export interface OwnedObject {
  name: string;
  uid: string;
  resourceVersion: string;
  /** The owner that controls it; undefined if it has none. */
  controller: { kind: string; name: string; uid: string } | undefined;
  deleting: boolean;
  /** Hash of the spec that the operator last applied. */
  hash: string | undefined;
  /** As the API server returned it. */
  raw: unknown;
}

/** Reads an object of any kind. */
export function parseOwned(object: unknown): OwnedObject | undefined {
  const parsed = owned.safeParse(object);
  if (!parsed.success) return undefined;
  const { name, uid, resourceVersion, annotations, ownerReferences, deletionTimestamp } = parsed.data.metadata;
  return {
    ...{ name, uid, resourceVersion },
    controller: ownerReferences.find(({ controller }) => controller === true),
    deleting: deletionTimestamp !== undefined,
    hash: annotations[WANTED_ANNOTATION],
    raw: object,
  };
}

/** Whether an object is controlled by this MCPBackend. */
export function isOwn({ uid }: { uid: string }, { controller }: Pick<OwnedObject, 'controller'>): boolean {
  return controller?.uid === uid;
}

/** A Service: one that the operator makes, or one that a backend names. */
export interface ServiceState extends OwnedObject {
  ports: ServicePorts['ports'];
}

/** Reads a Service. */
export function parseServiceState(object: unknown): ServiceState | undefined {
  const service = parseOwned(object);
  return service && { ...service, ports: parseService(object)?.ports ?? [] };
}

/** How many endpoints an EndpointSlice has. */
export interface SliceState {
  service: string;
  ready: number;
  total: number;
}

/** Reads an EndpointSlice; undefined if it does not belong to a Service. */
export function parseSliceState(object: unknown): SliceState | undefined {
  const slice = parseSlice(object);
  if (slice === undefined) return undefined;
  const { service, endpoints } = slice;
  return { service, ready: endpoints.filter(({ ready }) => ready).length, total: endpoints.length };
}

/** A failed attempt of a StatefulSet to create a pod. */
export interface FailedCreate {
  workload: string;
  uid: string;
  message: string;
  /** When it last happened, in milliseconds since the epoch. */
  atMs: number;
}

/** Reads an Event about a StatefulSet. */
export function parseFailedCreate(object: unknown): FailedCreate | undefined {
  const event = parseEvent(object);
  if (event === undefined) return undefined;
  const { about, message, lastAt = '' } = event;
  return { workload: about.name, uid: about.uid, message, atMs: Date.parse(lastAt) || 0 };
}
