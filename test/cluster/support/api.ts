import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { z } from 'zod';

/** An API server and credentials for it. */
export interface ApiAccess {
  /** `https://127.0.0.1:PORT`. */
  server: string;
  token: string;
  /** CA certificate, PEM. */
  ca: string;
}

/** Any object of Kubernetes. Tests parse the fields that they need. */
export const objectSchema = z.looseObject({
  apiVersion: z.string().optional(),
  kind: z.string().optional(),
  metadata: z.looseObject({
    name: z.string().default(''),
    namespace: z.string().optional(),
    uid: z.string().default(''),
    resourceVersion: z.string().default(''),
    generation: z.number().optional(),
    labels: z.record(z.string(), z.string()).default({}),
    annotations: z.record(z.string(), z.string()).default({}),
    deletionTimestamp: z.string().optional(),
    deletionGracePeriodSeconds: z.number().optional(),
    ownerReferences: z.array(z.looseObject({ kind: z.string(), name: z.string(), uid: z.string() })).optional(),
  }),
});

/** The output of {@link objectSchema}. */
export type ApiObject = z.infer<typeof objectSchema>;

/** The API server answered with an error. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  /** Such as `NotFound`. */
  readonly reason: string | undefined;

  constructor(status: number, reason: string | undefined, message: string) {
    super(message);
    this.status = status;
    this.reason = reason;
  }
}

const refusalSchema = z.object({ message: z.string().optional(), reason: z.string().optional() });

/** Type of a PATCH. */
export type PatchKind = 'merge' | 'strategic' | 'apply' | 'json';

const PATCH_TYPES: Record<PatchKind, string> = {
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
  json: 'application/json-patch+json',
};

/** A plain client of the API: paths as in its documentation, answers as JSON. It throws {@link ApiError}. */
export class Api {
  readonly access: ApiAccess;
  readonly #agent: Agent;

  constructor(access: ApiAccess) {
    this.access = access;
    this.#agent = new Agent({ keepAlive: true, ca: access.ca });
  }

  get(path: string): Promise<unknown> {
    return this.#call('GET', path);
  }

  /** One object. */
  async read(path: string): Promise<ApiObject> {
    return objectSchema.parse(await this.get(path));
  }

  /** The objects of a collection. */
  async list(path: string): Promise<ApiObject[]> {
    return z.object({ items: z.array(objectSchema) }).parse(await this.get(path)).items;
  }

  create(path: string, body: unknown): Promise<unknown> {
    return this.#call('POST', path, body);
  }

  replace(path: string, body: unknown): Promise<unknown> {
    return this.#call('PUT', path, body);
  }

  patch(path: string, body: unknown, kind: PatchKind = 'merge'): Promise<unknown> {
    return this.#call('PATCH', path, body, PATCH_TYPES[kind]);
  }

  /** Deletes an object; `graceSeconds` replaces its own grace period. A missing object is not an error. */
  async delete(path: string, { graceSeconds }: { graceSeconds?: number } = {}): Promise<void> {
    try {
      await this.#call('DELETE', path, graceSeconds === undefined ? undefined : { gracePeriodSeconds: graceSeconds });
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 404)) throw error;
    }
  }

  /** Opens a watch or another stream, and returns the response before its body. */
  open(method: string, path: string, body?: unknown, contentType = 'application/json'): Promise<IncomingMessage> {
    const { server, token } = this.access;
    const text = body === undefined ? '' : JSON.stringify(body);
    const headers = {
      ...{ authorization: `Bearer ${token}`, accept: 'application/json', 'content-type': contentType },
      // Node sends no content length with DELETE, and the body is then ignored.
      'content-length': Buffer.byteLength(text),
    };
    return new Promise((resolve, reject) => {
      const call = request(`${server}${path}`, { method, headers, agent: this.#agent }, resolve);
      call.on('error', reject);
      call.end(text);
    });
  }

  /** Closes idle connections. */
  close(): void {
    this.#agent.destroy();
  }

  async #call(method: string, path: string, body?: unknown, contentType?: string): Promise<unknown> {
    const response = await this.open(method, path, body, contentType);
    const chunks: Buffer[] = await response.toArray();
    const text = Buffer.concat(chunks).toString();
    const status = response.statusCode ?? 0;
    if (status < 300) return text === '' ? undefined : JSON.parse(text);
    throw refused(status, text, `${method} ${path}`);
  }
}

function refused(status: number, text: string, what: string): ApiError {
  try {
    const { message = text, reason } = refusalSchema.parse(JSON.parse(text));
    return new ApiError(status, reason, `${what}: ${status} ${message}`);
  } catch {
    return new ApiError(status, undefined, `${what}: ${status} ${text}`);
  }
}
