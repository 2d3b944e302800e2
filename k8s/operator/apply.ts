import { isDeepStrictEqual } from 'node:util';
import type { Backend } from '../../core/registry/backend.ts';
import { runsProcesses } from '../../core/registry/runs.ts';
import type { KubeClient } from '../api/client.ts';
import { isApiError } from '../api/errors.ts';
import type { BackendObject } from '../mcpbackend/object.ts';
import { nameTaken, rejected, VALID } from './accepted.ts';
import type { ConditionState } from './condition-states.ts';
import { contains } from './contains.ts';
import { type DesiredObject, desiredObjects, OWNED_KINDS } from './desired.ts';
import { isObject } from './merge.ts';
import { NOTES } from './notes.ts';
import { isOwn, type OwnedObject, parseOwned } from './observed.ts';
import { STATEFUL_SETS } from './resources.ts';
import type { ClusterView } from './view.ts';
import type { Target, Writer } from './writer.ts';

/** Outcome of applying the objects of a backend. */
export interface Applied {
  accepted: ConditionState;
  /** What was done, for display, such as `created the StatefulSet mcp-jira`. */
  done: string[];
}

/** Fields of a StatefulSet that the operator sets and that the API server does not allow to be updated. */
const IMMUTABLE = ['serviceName', 'podManagementPolicy', 'selector'];

/** Creates, updates and deletes the objects of backends. It touches only objects that the MCPBackend itself controls. */
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

  /** @throws ApiError if the attempt must be repeated */
  async apply(object: BackendObject, backend: Backend): Promise<Applied> {
    const done: string[] = [];
    if (!runsProcesses(backend)) {
      await this.#removeAll(object, done);
      return { accepted: VALID, done };
    }
    const desired = desiredObjects(backend, object.uid, this.#bridgeImage);
    for (const { resource } of desired) {
      const taken = nameTaken(object, this.#view.owned(resource, object.name), resource.kind);
      // All or nothing: part of a workload cannot serve.
      if (taken !== undefined) return { accepted: taken, done };
    }
    for (const one of desired) {
      const taken = await this.#put(object, one, done).catch((error: unknown) => {
        if (!isApiError(error, 'rejected')) throw error;
        return rejected(one.resource.kind, error);
      });
      if (taken !== undefined) return { accepted: taken, done };
    }
    return { accepted: VALID, done };
  }

  /** Creates or updates one object. Returns the condition if an object of another owner has its name, otherwise undefined. */
  async #put(object: BackendObject, wanted: DesiredObject, done: string[]): Promise<ConditionState | undefined> {
    const { resource, name, body } = wanted;
    const target = { resource, namespace: object.namespace, name };
    const known = this.#view.owned(resource, object.name);
    // Wait for an object that is being deleted: its removal triggers another reconciliation.
    if (known?.deleting === true || (known && !isOwn(object, known))) return undefined;
    if (known === undefined) return this.#create(object, wanted, done);
    if (resource === STATEFUL_SETS && !immutableFieldsMatch(known.raw, body)) {
      await this.#writer.remove(target, known.uid, 'Orphan');
      done.push(NOTES.recreated(resource.kind, name));
    } else if (!contains(known.raw, body)) {
      // The hash is in the annotations of the body, so a field that is no longer wanted counts as a difference too.
      const owned = { ...body, metadata: { ...body.metadata, uid: known.uid } };
      const after = parseOwned(await this.#writer.apply(target, owned, true));
      // A quantity in another notation is not a change.
      if (after?.resourceVersion !== known.resourceVersion) {
        const note = known.hash === wanted.hash ? NOTES.reverted : NOTES.updated;
        done.push(note(resource.kind, name));
      }
    }
    return undefined;
  }

  async #create(object: BackendObject, { resource, name, body }: DesiredObject, done: string[]) {
    const target = { resource, namespace: object.namespace, name };
    // The view may lag behind, and an object of another owner does not always conflict with the apply.
    const found = await this.#find(target);
    if (found !== undefined) return nameTaken(object, found, resource.kind);
    try {
      // Without force: an object of another owner that was created since then causes a conflict.
      await this.#writer.apply(target, body, false);
    } catch (error) {
      if (!isApiError(error, 'conflict', 'rejected')) throw error;
      const taken = nameTaken(object, await this.#find(target), resource.kind);
      if (taken === undefined) throw error;
      return taken;
    }
    done.push(NOTES.created(resource.kind, name));
    return undefined;
  }

  async #find({ resource, ...ref }: Target): Promise<OwnedObject | undefined> {
    try {
      return parseOwned(await this.#client.get(resource, ref));
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
      done.push(NOTES.deleted(resource.kind, known.name));
    }
  }
}

function immutableFieldsMatch(raw: unknown, body: { spec: object }): boolean {
  const actual = isObject(raw) && isObject(raw.spec) ? raw.spec : {};
  const wanted = new Map(Object.entries(body.spec));
  return IMMUTABLE.every((key) => isDeepStrictEqual(actual[key], wanted.get(key)));
}
