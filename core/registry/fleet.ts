import type { Backend } from './backend.ts';
import type { Endpoint } from './endpoint.ts';

/** A backend that is served, with its replicas. */
export interface FleetBackend {
  backend: Backend;
  endpoints: readonly Endpoint[];
  /** It was removed from the registry: until then, in milliseconds since the epoch, its sessions go on. */
  drainUntilMs: number | undefined;
}

/** All that is served, by name. */
export type Fleet = ReadonlyMap<string, FleetBackend>;

/**
 * The fleet after the registry or the endpoints changed:
 *
 * | in the registry | in the fleet | becomes                                             |
 * |-----------------|--------------|-----------------------------------------------------|
 * | yes             | any          | serving, with the endpoints of now                  |
 * | no              | serving      | draining until now + its drain time                 |
 * | no              | draining     | draining on; gone when its time is up               |
 */
export function planFleet(
  before: Fleet,
  backends: ReadonlyMap<string, Backend>,
  endpointsOf: (backend: Backend) => readonly Endpoint[],
  nowMs: number,
): Fleet {
  const after = new Map<string, FleetBackend>();
  for (const [name, backend] of backends) {
    after.set(name, { backend, endpoints: endpointsOf(backend), drainUntilMs: undefined });
  }
  for (const [name, { backend, drainUntilMs = nowMs + backend.drain }] of before) {
    if (after.has(name) || drainUntilMs <= nowMs) continue;
    after.set(name, { backend, endpoints: endpointsOf(backend), drainUntilMs });
  }
  return after;
}

/** When the next backend has drained, in milliseconds since the epoch; undefined when none drains. */
export function nextDeadlineMs(fleet: Fleet): number | undefined {
  const deadlines = [...fleet.values()].flatMap(({ drainUntilMs }) => drainUntilMs ?? []);
  return deadlines.length === 0 ? undefined : Math.min(...deadlines);
}
