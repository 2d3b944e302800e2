import type { ApiRequest, KubeClient } from '../api/client.ts';
import type { Term } from '../api/leader-election.ts';
import type { Resource } from '../api/resources.ts';

/** Field manager of everything that the operator applies (server-side apply). */
const FIELD_MANAGER = 'mcp-gateway-operator';

/** The process does not lead (any more), so that it must not write. */
export class NotLeadingError extends Error {
  override readonly name = 'NotLeadingError';
}

/** The right to write, as long as it holds. */
export type WriteTerm = Pick<Term, 'signal' | 'holds'>;

/** Which object is written. */
export interface Target {
  resource: Resource;
  namespace: string;
  name: string;
}

/** All writing of the operator. Nothing is sent once the term is over, and what is under way then is broken off. */
export class Writer {
  readonly #client: KubeClient;
  readonly #term: WriteTerm;
  readonly #underWay = new Set<Promise<unknown>>();

  constructor(client: KubeClient, term: WriteTerm) {
    this.#client = client;
    this.#term = term;
  }

  /**
   * Server-side apply.
   * @param force takes fields from others; only for objects that are ours, and then the body has their uid, so that another
   * object in the same place is a `conflict`
   */
  apply({ resource, ...place }: Target & { subresource?: string }, body: object, force: boolean): Promise<unknown> {
    const { apiVersion, kind } = resource;
    return this.#send({
      verb: 'patch',
      resource,
      ...place,
      body: { apiVersion, kind, ...body },
      contentType: 'application/apply-patch+yaml',
      query: { fieldManager: FIELD_MANAGER, force: force ? true : undefined },
    });
  }

  /** Makes an object. */
  create({ resource, namespace }: Omit<Target, 'name'>, body: object): Promise<unknown> {
    const { apiVersion, kind } = resource;
    const query = { fieldManager: FIELD_MANAGER };
    return this.#send({ verb: 'create', resource, namespace, body: { apiVersion, kind, ...body }, query });
  }

  /** Deletes the object with this uid, and no other one; with `Orphan` what it owns stays. */
  remove({ resource, ...place }: Target, uid: string, propagationPolicy: 'Background' | 'Orphan'): Promise<unknown> {
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid }, propagationPolicy };
    return this.#send({ verb: 'delete', resource, ...place, body });
  }

  /** Waits until nothing is under way. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#underWay);
  }

  async #send(request: ApiRequest): Promise<unknown> {
    if (!this.#term.holds()) throw new NotLeadingError('another operator may lead by now');
    const sending = this.#client.ask({ ...request, signal: this.#term.signal });
    this.#underWay.add(sending);
    try {
      return await sending;
    } finally {
      this.#underWay.delete(sending);
    }
  }
}
