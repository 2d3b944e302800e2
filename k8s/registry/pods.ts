import { z } from 'zod';
import { BACKEND_LABEL } from '../mcpbackend/names.ts';
import { parsePod as parsePodOfBackend } from '../mcpbackend/observed.ts';
import { troubleOf } from '../mcpbackend/trouble.ts';

const declared = z.array(
  z.object({
    name: z.string(),
    ports: z.array(z.object({ containerPort: z.number() })).nullish(),
  }),
);
const state = z.array(
  z.object({
    name: z.string(),
    restartCount: z.number().int().nonnegative().default(0),
    state: z.object({ running: z.object({}).nullish() }).nullish(),
  }),
);

const pod = z.object({
  metadata: z.object({
    uid: z.string().min(1),
    labels: z.record(z.string(), z.string()).default({}),
    deletionTimestamp: z.string().nullish(),
  }),
  spec: z.object({ containers: declared, initContainers: declared.nullish() }),
  status: z
    .object({
      phase: z.string().default(''),
      reason: z.string().default(''),
      message: z.string().default(''),
      podIP: z.string().default(''),
      podIPs: z.array(z.object({ ip: z.string() })).nullish(),
      conditions: z.array(z.object({ type: z.string(), status: z.string() })).nullish(),
      containerStatuses: state.nullish(),
      initContainerStatuses: state.nullish(),
    })
    .prefault({}),
});

/** One container of a pod. */
export interface PodContainer {
  /** Ports that it says it listens on. */
  ports: readonly number[];
  running: boolean;
  /** How often it was started again in its pod. */
  restarts: number;
}

/** What is used of a pod. */
export interface Pod {
  uid: string;
  /** Addresses, the chief one first. */
  ips: readonly string[];
  /** The backend that the operator made it for. */
  backend: string | undefined;
  /** Whether it passes its readiness checks and is not about to go. */
  ready: boolean;
  containers: readonly PodContainer[];
  /** Why a pod of the operator does not serve, for people; undefined where nothing is wrong. */
  trouble: string | undefined;
}

/** Reads a pod; undefined where it is none. */
export function parsePod(object: unknown): Pod | undefined {
  const parsed = pod.safeParse(object);
  if (!parsed.success) return undefined;
  const { metadata, spec, status } = parsed.data;
  const states = new Map(
    [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])].map((one) => [one.name, one]),
  );
  const readyNow = status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;
  const { podIP } = status;
  const ips = (status.podIPs ?? []).map(({ ip }) => ip).filter((ip) => ip !== podIP);
  return {
    uid: metadata.uid,
    ips: podIP === '' ? ips : [podIP, ...ips],
    backend: metadata.labels[BACKEND_LABEL],
    ready: readyNow && metadata.deletionTimestamp == null,
    containers: [...(spec.initContainers ?? []), ...spec.containers].map(({ name, ports }) => ({
      ports: (ports ?? []).map(({ containerPort }) => containerPort),
      running: states.get(name)?.state?.running != null,
      restarts: states.get(name)?.restartCount ?? 0,
    })),
    trouble: troubleText(object, status),
  };
}

function troubleText(object: unknown, { phase, reason, message }: { phase: string; reason: string; message: string }) {
  if (phase === 'Failed') {
    const why = [reason, message].filter((text) => text !== '').join(': ');
    return why === '' ? 'a pod has failed' : `a pod has failed: ${why}`;
  }
  const ours = parsePodOfBackend(object);
  return ours === undefined ? undefined : troubleOf(ours)?.message;
}
