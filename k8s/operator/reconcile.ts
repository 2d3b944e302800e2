import { isDeepStrictEqual } from 'node:util';
import { isApiError } from '../api/errors.ts';
import { MCP_BACKENDS } from '../api/resources.ts';
import type { BackendObject, BackendStatus } from '../mcpbackend/object.ts';
import { parseStatefulSet } from '../objects/stateful-sets.ts';
import { type Applied, type Applier, isOwn } from './apply.ts';
import { type ConditionState, judgeService, judgeUrl, judgeWorkload, no, type Serving } from './condition-states.ts';
import { runsWorkload } from './desired.ts';
import type { EventRecorder } from './events.ts';
import { STATEFUL_SETS } from './resources.ts';
import { happenings, statusOf } from './status.ts';
import type { ClusterView } from './view.ts';
import type { Writer } from './writer.ts';

/** With what a backend is reconciled. */
export interface ReconcilerOptions {
  view: ClusterView;
  applier: Applier;
  writer: Writer;
  events: EventRecorder;
  /** How the tenants document is. */
  tenants: () => ConditionState;
  /** Where the gateway is reached; undefined: nobody said. */
  publicUrl: string | undefined;
  /** So often everything is looked at, whether or not something changed. Milliseconds. */
  resyncMs: number;
  now: () => Date;
}

/** Brings one backend after another to what its object says, and says in its status how it is. */
export class Reconciler {
  readonly #options: ReconcilerOptions;
  /** The last status that was written of each object, and from which version on: until the view has it, it is the newer one. */
  readonly #written = new Map<string, { basedOn: string; uid: string; status: BackendStatus }>();

  /** When each object was last seen to be ready: what failed before that is history. Milliseconds since the epoch. */
  readonly #readyAtMs = new Map<string, number>();

  constructor(options: ReconcilerOptions) {
    this.#options = options;
  }

  /** @returns after how many milliseconds it should be looked at again; undefined: not until something changes */
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
      return { accepted: no('Forbidden', error.message), done: [] };
    });
    if (applied.done.length > 0) {
      events.tell(object, { type: 'Normal', reason: 'Reconciled', note: applied.done.join('; ') });
    }
    await this.#tell(object, applied.accepted);
    // Told, and tried again all the same: a permission can come at any time.
    if (failure !== undefined) throw failure;
    return resyncMs * (0.9 + Math.random() * 0.2);
  }

  async #apply(object: BackendObject): Promise<Applied> {
    const { backend } = object;
    if (!backend.ok) return { accepted: no('Invalid', backend.problems.join('; ')), done: [] };
    return this.#options.applier.apply(object, backend.value);
  }

  async #tell(object: BackendObject, accepted: ConditionState): Promise<void> {
    const { writer, events, tenants, publicUrl, now } = this.#options;
    const serving = this.#serving(object, accepted.status === 'True');
    if (serving?.ready.status === 'True') this.#readyAtMs.set(object.name, now().getTime());
    const status = statusOf(object, { accepted, serving, tenants: tenants(), publicUrl, now: now() });
    if (isDeepStrictEqual(status, object.status)) return;
    const { name, namespace, uid, resourceVersion } = object;
    const target = { resource: MCP_BACKENDS, namespace, name, subresource: 'status' };
    await writer.apply(target, { metadata: { name, uid }, status }, true);
    this.#written.set(name, { basedOn: resourceVersion, uid, status });
    for (const happening of happenings(object.status, status)) events.tell(object, happening);
  }

  #serving(object: BackendObject, accepted: boolean): Serving | undefined {
    const { view } = this.#options;
    const { backend, name } = object;
    const workload = view.owned(STATEFUL_SETS, name);
    const own = workload !== undefined && isOwn(object, workload) ? workload : undefined;
    if (!accepted && own === undefined) return undefined;
    if (!backend.ok || runsWorkload(backend.value)) {
      const state = own && parseStatefulSet(own.raw);
      const pods = view.pods(name, state?.spec.replicas ?? 0);
      // Times of events are whole seconds.
      const failedCreate = own && view.failedCreate(own.uid, (this.#readyAtMs.get(name) ?? 0) - 1_000);
      return judgeWorkload({ workload: state, pods, failedCreate });
    }
    const { service } = backend.value;
    return service === undefined
      ? judgeUrl()
      : judgeService(service, view.ports(service.name), view.slices(service.name));
  }
}
