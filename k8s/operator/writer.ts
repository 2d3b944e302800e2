import type { ApiRequest, KubeClient } from '../api/client.ts';
import type { Term } from '../api/leader-election.ts';
import type { Resource } from '../api/resources.ts';

/** Field manager of everything that the operator applies (server-side apply). */
const FIELD_MANAGER = 'mcp-gateway-operator';

/** The process does not lead, or no longer leads, so it must not write. */
export class NotLeadingError extends Error {
  override readonly name = 'NotLeadingError';
}

/** The leadership term during which writing is allowed. */
export type WriteTerm = Pick<Term, 'signal' | 'holds'>;

/** The object to write. */
export interface Target {
  resource: Resource;
  namespace: string;
  name: string;
}

/** All writes of the operator. After the end of the term nothing is sent, and requests in progress are aborted. */
export class Writer {
  readonly #client: KubeClient;
  readonly #term: WriteTerm;
  readonly #inProgress = new Set<Promise<unknown>>();

  constructor(client: KubeClient, term: WriteTerm) {
    this.#client = client;
    this.#term = term;
  }

  /**
   * Server-side apply.
   * @param force takes over fields of other managers. Only for objects that the operator owns: the body then has their uid, so that
   * another object of the same name causes a `conflict`
   */
  apply({ resource, ...ref }: Target & { subresource?: string }, body: object, force: boolean): Promise<unknown> {
    const { apiVersion, kind } = resource;
    return this.#send({
      verb: 'patch',
      resource,
      ...ref,
      body: { apiVersion, kind, ...body },
      contentType: 'application/apply-patch+yaml',
      query: { fieldManager: FIELD_MANAGER, force: force ? true : undefined },
    });
  }

  /** Creates an object. */
  create({ resource, namespace }: Omit<Target, 'name'>, body: object): Promise<unknown> {
    const { apiVersion, kind } = resource;
    const query = { fieldManager: FIELD_MANAGER };
    return this.#send({ verb: 'create', resource, namespace, body: { apiVersion, kind, ...body }, query });
  }

  /** Deletes the object with this uid and no other one. `Orphan` keeps what it owns. */
  remove({ resource, ...ref }: Target, uid: string, propagationPolicy: 'Background' | 'Orphan'): Promise<unknown> {
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid }, propagationPolicy };
    return this.#send({ verb: 'delete', resource, ...ref, body });
  }

  /** Waits for all requests in progress. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#inProgress);
  }

  async #send(request: ApiRequest): Promise<unknown> {
    if (!this.#term.holds()) throw new NotLeadingError('this operator may no longer lead');
    const sending = this.#client.ask({ ...request, signal: this.#term.signal });
    this.#inProgress.add(sending);
    try {
      return await sending;
    } finally {
      this.#inProgress.delete(sending);
    }
  }
}
