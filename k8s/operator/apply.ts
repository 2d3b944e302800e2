import { isDeepStrictEqual } from 'node:util';
import type { Backend } from '../../core/registry/backend.ts';
import type { KubeClient } from '../api/client.ts';
import { isApiError } from '../api/errors.ts';
import { workloadName } from '../mcpbackend/names.ts';
import type { BackendObject } from '../mcpbackend/object.ts';
import { type ConditionState, no, yes } from './condition-states.ts';
import { contains } from './contains.ts';
import { type DesiredObject, desiredObjects, OWNED_KINDS, runsWorkload } from './desired.ts';
import { isObject } from './merge.ts';
import { type OwnedObject, parseOwned } from './observed.ts';
import { STATEFUL_SETS } from './resources.ts';
import type { ClusterView } from './view.ts';
import type { Target, Writer } from './writer.ts';

/** What came of bringing the cluster to what a backend wants. */
export interface Applied {
  accepted: ConditionState;
  /** What was done, for people: `created the StatefulSet mcp-jira`. */
  done: string[];
}

/** Fields of a StatefulSet that cannot be changed, as far as the operator sets them. */
const FIXED = ['serviceName', 'podManagementPolicy', 'selector'];

const VALID = yes('Valid', 'the spec is sound');

/** Makes, changes and removes the objects of one backend after another. Only those that the backend's own object controls. */
export class Applier {
  readonly #client: KubeClient;
  readonly #view: ClusterView;
  readonly #writer: Writer;
  readonly #bridgeImage: string;

  constructor(parts: { client: KubeClient; view: ClusterView; writer: Writer; bridgeImage: string }) {
    this.#client = parts.client;
    this.#view = parts.view;
    this.#writer = parts.writer;
    this.#bridgeImage = parts.bridgeImage;
  }

  /** @throws ApiError where it must be tried again */
  async apply(object: BackendObject, backend: Backend): Promise<Applied> {
    const done: string[] = [];
    if (!runsWorkload(backend)) {
      await this.#removeAll(object, done);
      return { accepted: VALID, done };
    }
    const desired = desiredObjects(backend, object.uid, this.#bridgeImage);
    for (const { resource } of desired) {
      const taken = takenBy(object, this.#view.owned(resource, object.name), resource.kind);
      // All or nothing: half a workload helps nobody.
      if (taken !== undefined) return { accepted: taken, done };
    }
    for (const one of desired) {
      const taken = await this.#put(object, one, done).catch((error: unknown) => {
        if (!isApiError(error, 'rejected')) throw error;
        return no('Refused', `the cluster refuses the ${one.resource.kind}: ${error.detail}`);
      });
      if (taken !== undefined) return { accepted: taken, done };
    }
    return { accepted: VALID, done };
  }

  /** Brings one object about. Gives why that cannot be, where another object has its place. */
  async #put(object: BackendObject, wanted: DesiredObject, done: string[]): Promise<ConditionState | undefined> {
    const { resource, name, body } = wanted;
    const target = { resource, namespace: object.namespace, name };
    const label = `the ${resource.kind} ${name}`;
    const known = this.#view.owned(resource, object.name);
    // What is on its way out will be news when it is gone.
    if (known?.deleting === true || (known && !isOwn(object, known))) return undefined;
    if (known === undefined) return this.#make(object, wanted, done);
    if (resource === STATEFUL_SETS && !fixedAlike(known.raw, body)) {
      await this.#writer.remove(target, known.uid, 'Orphan');
      done.push(`removed ${label}, but not its pods, to make it anew: what differs cannot be changed`);
    } else if (!contains(known.raw, body)) {
      // The hash is in the annotations of the body, so that what is no longer wanted differs, too.
      const owned = { ...body, metadata: { ...body.metadata, uid: known.uid } };
      const after = parseOwned(await this.#writer.apply(target, owned, true));
      // An amount in other words is no change.
      if (after?.resourceVersion !== known.resourceVersion) {
        done.push(known.hash === wanted.hash ? `set back ${label}, which somebody had changed` : `updated ${label}`);
      }
    }
    return undefined;
  }

  async #make(object: BackendObject, { resource, name, body }: DesiredObject, done: string[]) {
    const target = { resource, namespace: object.namespace, name };
    // The view may be a moment behind, and not every object of somebody else is in conflict with ours.
    const found = await this.#find(target);
    if (found !== undefined) return takenBy(object, found, resource.kind);
    try {
      // Without force: an object that came there since then and is not ours is in conflict.
      await this.#writer.apply(target, body, false);
    } catch (error) {
      if (!isApiError(error, 'conflict', 'rejected')) throw error;
      const taken = takenBy(object, await this.#find(target), resource.kind);
      if (taken === undefined) throw error;
      return taken;
    }
    done.push(`created the ${resource.kind} ${name}`);
    return undefined;
  }

  async #find({ resource, ...place }: Target): Promise<OwnedObject | undefined> {
    try {
      return parseOwned(await this.#client.get(resource, place));
    } catch (error) {
      if (isApiError(error, 'not-found')) return undefined;
      throw error;
    }
  }

  async #removeAll(object: BackendObject, done: string[]): Promise<void> {
    for (const resource of OWNED_KINDS) {
      const known = this.#view.owned(resource, object.name);
      if (known === undefined || known.deleting || !isOwn(object, known)) continue;
      const target = { resource, namespace: object.namespace, name: known.name };
      await this.#writer.remove(target, known.uid, 'Background').catch((error: unknown) => {
        if (!isApiError(error, 'not-found', 'conflict')) throw error;
      });
      done.push(`removed the ${resource.kind} ${known.name}, since the servers run elsewhere now`);
    }
  }
}

/** Whether an object is controlled by this very MCPBackend. */
export function isOwn(object: BackendObject, { controller }: OwnedObject): boolean {
  return controller?.uid === object.uid;
}

function takenBy(object: BackendObject, found: OwnedObject | undefined, kind: string): ConditionState | undefined {
  if (found === undefined || isOwn(object, found)) return undefined;
  const { controller } = found;
  // That of an MCPBackend of the same name that was deleted: it goes by itself.
  if (controller?.kind === 'MCPBackend' && controller.name === object.name) return undefined;
  const whose = controller === undefined ? 'of somebody else' : `of the ${controller.kind} ${controller.name}`;
  return no(
    'NameTaken',
    `there is already a ${kind} ${workloadName(object.name)} ${whose}, which the operator does not touch: remove it, or give the MCPBackend another name`,
  );
}

function fixedAlike(raw: unknown, body: { spec: object }): boolean {
  const actual = isObject(raw) && isObject(raw.spec) ? raw.spec : {};
  const wanted = new Map(Object.entries(body.spec));
  return FIXED.every((key) => isDeepStrictEqual(actual[key], wanted.get(key)));
}
