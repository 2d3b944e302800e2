import { type ContainerReport, now } from './container-state.ts';

/** What the status of a pod is computed from. */
export interface PodFacts {
  address: string;
  startedAt: string;
  /** All init containers that are not sidecars have completed. */
  initialized: boolean;
  initContainers: readonly ContainerReport[];
  /** Whether each init container is a sidecar, by name. */
  sidecars: ReadonlySet<string>;
  containers: readonly ContainerReport[];
  /** Set if none of its containers will run again. */
  ended: boolean;
}

/** The status of a pod for the API, as a strategic merge patch. */
export function statusOf(facts: PodFacts) {
  const { containers, initContainers, address } = facts;
  const lasting = [...containers, ...initContainers.filter(({ name }) => facts.sidecars.has(name))];
  const ready = facts.initialized && !facts.ended && lasting.every((container) => container.ready);
  const condition = (type: string, met: boolean) => ({
    type,
    status: met ? 'True' : 'False',
    reason:
      met || type === 'PodScheduled'
        ? null
        : type === 'Initialized'
          ? 'ContainersNotInitialized'
          : 'ContainersNotReady',
  });
  return {
    phase: phaseOf(facts),
    hostIP: '127.0.0.1',
    hostIPs: [{ ip: '127.0.0.1' }],
    podIP: address,
    podIPs: [{ ip: address }],
    startTime: facts.startedAt,
    conditions: [
      condition('Initialized', facts.initialized),
      condition('ContainersReady', ready),
      condition('Ready', ready),
    ],
    initContainerStatuses: initContainers,
    containerStatuses: containers,
  };
}

function phaseOf({ containers, initContainers, ended, initialized }: PodFacts): string {
  if (ended) {
    const failed = [...initContainers, ...containers].some(
      ({ state }) => !('terminated' in state) || state.terminated.exitCode !== 0,
    );
    return failed ? 'Failed' : 'Succeeded';
  }
  const begun = containers.every(
    ({ state, restartCount }) => !('waiting' in state) || restartCount > 0 || hasRun(state),
  );
  return initialized && begun ? 'Running' : 'Pending';
}

const hasRun = (state: { waiting: { reason: string } }) => state.waiting.reason === 'CrashLoopBackOff';

/** Sets the time of each condition to that of its last change. */
export class Transitions {
  readonly #known = new Map<string, { status: string; since: string }>();

  stamp<C extends { type: string; status: string }>(conditions: readonly C[]): (C & { lastTransitionTime: string })[] {
    return conditions.map((condition) => {
      const known = this.#known.get(condition.type);
      const since = known?.status === condition.status ? known.since : now();
      this.#known.set(condition.type, { status: condition.status, since });
      return { ...condition, lastTransitionTime: since };
    });
  }
}
