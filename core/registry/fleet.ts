import type { Backend } from './backend.ts';
import { type Endpoint, sameEndpoints } from './endpoint.ts';

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
 *
 * What did not change is the same value as before, so that nobody has to look at it again.
 */
export function planFleet(
  before: Fleet,
  backends: ReadonlyMap<string, Backend>,
  endpointsOf: (backend: Backend) => readonly Endpoint[],
  nowMs: number,
): Fleet {
  const after = new Map<string, FleetBackend>();
  for (const [name, backend] of backends) {
    after.set(name, same(before.get(name), { backend, endpoints: endpointsOf(backend), drainUntilMs: undefined }));
  }
  for (const [name, known] of before) {
    const { backend, drainUntilMs = nowMs + backend.drain } = known;
    if (after.has(name) || drainUntilMs <= nowMs) continue;
    after.set(name, same(known, { backend, endpoints: endpointsOf(backend), drainUntilMs }));
  }
  return after;
}

function same(before: FleetBackend | undefined, after: FleetBackend): FleetBackend {
  if (before?.backend !== after.backend || before.drainUntilMs !== after.drainUntilMs) return after;
  return sameEndpoints(before.endpoints, after.endpoints) ? before : after;
}

/** When the next backend has drained, in milliseconds since the epoch; undefined when none drains. */
export function nextDeadlineMs(fleet: Fleet): number | undefined {
  const deadlines = [...fleet.values()].flatMap(({ drainUntilMs }) => drainUntilMs ?? []);
  return deadlines.length === 0 ? undefined : Math.min(...deadlines);
}
