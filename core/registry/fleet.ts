import type { Backend } from './backend.ts';
import { type Endpoint, sameEndpoints } from './endpoint.ts';

/** A served backend with its replicas. */
export interface FleetBackend {
  backend: Backend;
  endpoints: readonly Endpoint[];
  /** If the backend was removed from the registry: the time until which its sessions continue, in milliseconds since the epoch. */
  drainUntilMs: number | undefined;
}

/** All served backends, by name. */
export type Fleet = ReadonlyMap<string, FleetBackend>;

/**
 * The fleet after the registry or the endpoints changed:
 *
 * | in the registry | in the fleet | becomes                                             |
 * |-----------------|--------------|-----------------------------------------------------|
 * | yes             | any          | serving, with the current endpoints                 |
 * | no              | serving      | draining until now + its drain time                 |
 * | no              | draining     | still draining; removed when its time is up         |
 *
 * An entry that did not change is the same object as before, so that it need not be compared again.
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

/** When the next backend will have drained, in milliseconds since the epoch; undefined if none is draining. */
export function nextDeadlineMs(fleet: Fleet): number | undefined {
  const deadlines = [...fleet.values()].flatMap(({ drainUntilMs }) => drainUntilMs ?? []);
  return deadlines.length === 0 ? undefined : Math.min(...deadlines);
}
