import { isDeepStrictEqual } from 'node:util';
import { runsProcesses } from '../../core/registry/runs.ts';
import { isApiError } from '../api/errors.ts';
import { MCP_BACKENDS } from '../api/resources.ts';
import type { BackendObject, BackendStatus } from '../mcpbackend/object.ts';
import { parseStatefulSet } from '../objects/stateful-sets.ts';
import { forbidden, invalid } from './accepted.ts';
import type { Applied, Applier } from './apply.ts';
import { type ConditionState, type Serving, serviceState, urlState, workloadState } from './condition-states.ts';
import type { EventRecorder } from './events.ts';
import { isOwn } from './observed.ts';
import { STATEFUL_SETS } from './resources.ts';
import { statusOf, transitionEvents } from './status.ts';
import type { ClusterView } from './view.ts';
import type { Writer } from './writer.ts';

/** Dependencies of a reconciler. */
export interface ReconcilerOptions {
  view: ClusterView;
  applier: Applier;
  writer: Writer;
  events: EventRecorder;
  /** State of the tenants document. */
  tenants: () => ConditionState;
  /** URL at which clients reach the gateway; undefined: not configured. */
  publicUrl: string | undefined;
  /** Full resync interval in milliseconds. */
  resyncMs: number;
  now: () => Date;
}

/** Reconciles backends: applies the objects that an MCPBackend requires, and writes its status. */
export class Reconciler {
  readonly #options: ReconcilerOptions;
  /** The last status that was written per object, and the version it was based on. It is newer than the view until the view catches up. */
  readonly #written = new Map<string, { basedOn: string; uid: string; status: BackendStatus }>();

  /** When each object was last ready, in milliseconds since the epoch. Failures before that are outdated. */
  readonly #readyAtMs = new Map<string, number>();

  constructor(options: ReconcilerOptions) {
    this.#options = options;
  }

  /** @returns milliseconds until the next reconciliation; undefined: not until something changes */
  async reconcile(name: string): Promise<number | undefined> {
    const { view, events, resyncMs } = this.#options;
    const known = view.backends.items.get(name);
    if (known === undefined || known.deleting) {
      this.#written.delete(name);
      this.#readyAtMs.delete(name);
      return undefined;
    }
    const written = this.#written.get(name);
    const isNewer = written?.uid === known.uid && written.basedOn === known.resourceVersion;
    const object = isNewer ? { ...known, status: written.status } : known;
    let failure: unknown;
    const applied = await this.#apply(object).catch((error: unknown): Applied => {
      failure = error;
      if (!isApiError(error, 'forbidden')) throw error;
      return { accepted: forbidden(error), done: [] };
    });
    if (applied.done.length > 0) {
      events.record(object, { type: 'Normal', reason: 'Reconciled', note: applied.done.join('; ') });
    }
    await this.#writeStatus(object, applied.accepted);
    // Retry even after the status reports it: a permission can be granted at any time.
    if (failure !== undefined) throw failure;
    return resyncMs * (0.9 + Math.random() * 0.2);
  }

  async #apply(object: BackendObject): Promise<Applied> {
    const { backend } = object;
    if (!backend.ok) return { accepted: invalid(backend.problems), done: [] };
    return this.#options.applier.apply(object, backend.value);
  }

  async #writeStatus(object: BackendObject, accepted: ConditionState): Promise<void> {
    const { writer, events, tenants, publicUrl, now } = this.#options;
    const serving = this.#serving(object, accepted.status === 'True');
    if (serving?.ready.status === 'True') this.#readyAtMs.set(object.name, now().getTime());
    const status = statusOf(object, { accepted, serving, tenants: tenants(), publicUrl, now: now() });
    if (isDeepStrictEqual(status, object.status)) return;
    const { name, namespace, uid, resourceVersion } = object;
    const target = { resource: MCP_BACKENDS, namespace, name, subresource: 'status' };
    await writer.apply(target, { metadata: { name, uid }, status }, true);
    this.#written.set(name, { basedOn: resourceVersion, uid, status });
    for (const event of transitionEvents(object.status, status)) events.record(object, event);
  }

  #serving(object: BackendObject, accepted: boolean): Serving | undefined {
    const { view } = this.#options;
    const { backend, name } = object;
    const workload = view.owned(STATEFUL_SETS, name);
    const own = workload !== undefined && isOwn(object, workload) ? workload : undefined;
    if (!accepted && own === undefined) return undefined;
    if (!backend.ok || runsProcesses(backend.value)) {
      const state = own && parseStatefulSet(own.raw);
      const pods = view.pods(name, state?.spec.replicas ?? 0);
      // Event times have a resolution of one second.
      const failedCreate = own && view.failedCreate(own.uid, (this.#readyAtMs.get(name) ?? 0) - 1_000);
      return workloadState({ workload: state, pods, failedCreate });
    }
    const { service } = backend.value;
    return service === undefined
      ? urlState()
      : serviceState(service, view.ports(service.name), view.slices(service.name));
  }
}
