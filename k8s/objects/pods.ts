import { z } from 'zod';

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '');
// Go writes an empty list as null.
const list = <T extends z.ZodType>(item: T) =>
  z
    .array(item)
    .nullish()
    .transform((items) => items ?? []);

const declared = list(
  z.object({
    name: z.string(),
    ports: list(z.object({ name: text, containerPort: z.number() })),
  }),
);

const termination = z.object({ exitCode: z.number().default(0), reason: text }).nullish();
const containerState = z
  .object({
    waiting: z.object({ reason: text, message: text }).nullish(),
    running: z.object({ startedAt: z.string().nullish() }).nullish(),
    terminated: termination,
  })
  .nullish();
const statuses = list(
  z.object({
    name: z.string(),
    image: text,
    ready: z.boolean().default(false),
    restartCount: z.number().int().nonnegative().default(0),
    state: containerState,
    lastState: containerState,
  }),
);

const pod = z.object({
  metadata: z.object({
    name: z.string().min(1),
    namespace: text,
    uid: z.string().min(1),
    labels: z.record(z.string(), z.string()).default({}),
    deletionTimestamp: z.string().nullish(),
  }),
  spec: z.object({ initContainers: declared, containers: declared }),
  status: z
    .object({
      phase: z.string().default('Pending'),
      reason: text,
      message: text,
      podIP: text,
      podIPs: list(z.object({ ip: z.string() })),
      conditions: list(z.object({ type: z.string(), status: z.string(), reason: text, message: text })),
      containerStatuses: statuses,
      initContainerStatuses: statuses,
    })
    .prefault({}),
});

/** How a container ended. */
export interface Termination {
  exitCode: number;
  /** Such as `OOMKilled`; empty if the kubelet gives none. */
  reason: string;
}

/** A container as the spec of its pod declares it. */
export interface Container {
  name: string;
  /** Declared ports. The name may be empty. */
  ports: readonly { name: string; port: number }[];
}

/** The state of a container as the kubelet reports it. */
export interface ContainerStatus {
  name: string;
  image: string;
  ready: boolean;
  /** How often it was restarted in its pod. */
  restarts: number;
  waiting: { reason: string; message: string } | undefined;
  /** `startedAt` is RFC 3339. */
  running: { startedAt: string | undefined } | undefined;
  terminated: Termination | undefined;
  /** How it ended before its last restart. */
  lastTermination: Termination | undefined;
}

/** What the gateway reads of a Pod (core/v1). */
export interface Pod {
  name: string;
  namespace: string;
  uid: string;
  labels: Readonly<Record<string, string>>;
  deleting: boolean;
  /** Such as `Running` or `Failed`. */
  phase: string;
  /** Why the whole pod is in this phase; empty if nothing is reported. */
  reason: string;
  message: string;
  /** Addresses, the primary one first. */
  ips: readonly string[];
  conditions: readonly { type: string; status: string; reason: string; message: string }[];
  /** Init containers, sidecars among them, come first. */
  containers: readonly Container[];
  initStatuses: readonly ContainerStatus[];
  /** Statuses of the containers that are not init containers. */
  statuses: readonly ContainerStatus[];
}

/** Reads a Pod; undefined if the object is not one. */
export function parsePod(object: unknown): Pod | undefined {
  const parsed = pod.safeParse(object);
  if (!parsed.success) return undefined;
  const { metadata, spec, status } = parsed.data;
  const { podIP } = status;
  const otherIps = status.podIPs.map(({ ip }) => ip).filter((ip) => ip !== podIP);
  return {
    ...{ name: metadata.name, namespace: metadata.namespace, uid: metadata.uid, labels: metadata.labels },
    deleting: metadata.deletionTimestamp != null,
    ...{ phase: status.phase, reason: status.reason, message: status.message },
    ips: podIP === '' ? otherIps : [podIP, ...otherIps],
    conditions: status.conditions,
    containers: [...spec.initContainers, ...spec.containers].map(({ name, ports }) => ({
      name,
      ports: ports.map((port) => ({ name: port.name, port: port.containerPort })),
    })),
    initStatuses: status.initContainerStatuses.map(toStatus),
    statuses: status.containerStatuses.map(toStatus),
  };
}

/** Whether a pod passes its readiness checks. One that is being deleted may still pass them. */
export function isReady({ conditions }: Pick<Pod, 'conditions'>): boolean {
  return conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
}

function toStatus({ state, lastState, restartCount, ...rest }: z.output<typeof statuses>[number]): ContainerStatus {
  return {
    ...rest,
    restarts: restartCount,
    waiting: state?.waiting ?? undefined,
    running: state?.running ? { startedAt: state.running.startedAt ?? undefined } : undefined,
    terminated: state?.terminated ?? undefined,
    lastTermination: lastState?.terminated ?? undefined,
  };
}
