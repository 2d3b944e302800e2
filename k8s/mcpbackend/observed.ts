import { z } from 'zod';
import { BACKEND_LABEL, WANTED_ANNOTATION } from './names.ts';

const metadata = z.object({
  name: z.string(),
  uid: z.string(),
  resourceVersion: z.string(),
  labels: z.record(z.string(), z.string()).default({}),
  annotations: z.record(z.string(), z.string()).default({}),
  deletionTimestamp: z.string().optional(),
  ownerReferences: z
    .array(z.object({ kind: z.string(), name: z.string(), uid: z.string(), controller: z.boolean().optional() }))
    .default([]),
});

/** An object that has a name which the operator uses. */
export interface OwnedObject {
  name: string;
  uid: string;
  resourceVersion: string;
  /** Who controls it; undefined: nobody. */
  controller: { kind: string; name: string; uid: string } | undefined;
  deleting: boolean;
  /** Hash of what the operator wanted when it last set it. */
  hash: string | undefined;
  /** As the API gave it. */
  raw: unknown;
}

/** Reads an object of any kind. */
export function parseOwned(object: unknown): OwnedObject | undefined {
  const parsed = z.object({ metadata }).safeParse(object);
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

const count = z.number().default(0);

const workload = z.object({
  metadata: z.object({ generation: z.number().default(0) }),
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

/** How far a StatefulSet has come. */
export type WorkloadState = z.output<typeof workload>;

/** Reads a StatefulSet. */
export function parseWorkload(object: unknown): WorkloadState | undefined {
  const parsed = workload.safeParse(object);
  return parsed.success ? parsed.data : undefined;
}

const ended = z.object({ exitCode: z.number().default(0), reason: z.string().default('') }).optional();
const state = z
  .object({
    waiting: z.object({ reason: z.string().default(''), message: z.string().default('') }).optional(),
    running: z.object({}).optional(),
    terminated: ended,
  })
  .prefault({});
const container = z.object({
  name: z.string(),
  image: z.string().default(''),
  ready: z.boolean().default(false),
  restartCount: count,
  state,
  lastState: state,
});

const pod = z.object({
  metadata: metadata.extend({ namespace: z.string().default('') }),
  status: z
    .object({
      phase: z.string().default(''),
      conditions: z
        .array(
          z.object({
            type: z.string(),
            status: z.string(),
            reason: z.string().default(''),
            message: z.string().default(''),
          }),
        )
        .default([]),
      containerStatuses: z.array(container).default([]),
      initContainerStatuses: z.array(container).default([]),
    })
    .prefault({}),
});

/** A container of a pod, as the kubelet reports it. */
export type ContainerState = z.output<typeof container>;

/** A pod of a backend. */
export interface PodState {
  name: string;
  namespace: string;
  backend: string;
  deleting: boolean;
  conditions: { type: string; status: string; reason: string; message: string }[];
  containers: ContainerState[];
}

/** Reads a pod; undefined where it belongs to no backend. */
export function parsePod(object: unknown): PodState | undefined {
  const parsed = pod.safeParse(object);
  if (!parsed.success) return undefined;
  const { metadata: meta, status } = parsed.data;
  const backend = meta.labels[BACKEND_LABEL];
  if (backend === undefined) return undefined;
  return {
    ...{ name: meta.name, namespace: meta.namespace, backend },
    deleting: meta.deletionTimestamp !== undefined,
    conditions: status.conditions,
    containers: [...status.initContainerStatuses, ...status.containerStatuses],
  };
}

const failedCreate = z.object({
  involvedObject: z.object({ name: z.string(), uid: z.string().default('') }),
  message: z.string().default(''),
  lastTimestamp: z.string().nullish(),
  eventTime: z.string().nullish(),
});

/** Why a StatefulSet could not make a pod. */
export interface FailedCreate {
  workload: string;
  uid: string;
  message: string;
  /** When it last happened, in milliseconds since the epoch. */
  atMs: number;
}

/** Reads an event of a StatefulSet. */
export function parseFailedCreate(object: unknown): FailedCreate | undefined {
  const parsed = failedCreate.safeParse(object);
  if (!parsed.success) return undefined;
  const { involvedObject, message, lastTimestamp, eventTime } = parsed.data;
  const atMs = Date.parse(lastTimestamp ?? eventTime ?? '') || 0;
  return { workload: involvedObject.name, uid: involvedObject.uid, message, atMs };
}

const slice = z.object({
  metadata: z.object({ labels: z.record(z.string(), z.string()).default({}) }),
  endpoints: z
    .array(z.object({ conditions: z.object({ ready: z.boolean().nullish() }).prefault({}) }))
    .nullish()
    .transform((endpoints) => endpoints ?? []),
});

/** Endpoints of a Service. */
export interface SliceState {
  service: string;
  ready: number;
  total: number;
}

/** Reads an EndpointSlice; undefined where it is of no Service. */
export function parseSlice(object: unknown): SliceState | undefined {
  const parsed = slice.safeParse(object);
  const service = parsed.success ? parsed.data.metadata.labels['kubernetes.io/service-name'] : undefined;
  if (!parsed.success || service === undefined) return undefined;
  const { endpoints } = parsed.data;
  // Nothing said means ready (EndpointConditions).
  return {
    service,
    ready: endpoints.filter(({ conditions }) => conditions.ready !== false).length,
    total: endpoints.length,
  };
}

const service = z.object({
  spec: z.object({
    ports: z.array(z.object({ name: z.string().default(''), port: z.number() })).default([]),
  }),
});

/** The ports of a Service; undefined where it is none. */
export function parsePorts(object: unknown): { name: string; port: number }[] | undefined {
  const parsed = service.safeParse(object);
  return parsed.success ? parsed.data.spec.ports : undefined;
}
