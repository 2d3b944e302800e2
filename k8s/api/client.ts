import { type IncomingMessage, Agent as PlainAgent, type RequestOptions, request as requestPlain } from 'node:http';
import { type Agent, request, Agent as TlsAgent } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import { type ApiError, errorOfAnswer, errorOfConnection } from './errors.ts';
import { describeOperation, type ObjectRef, pathOf, type Resource } from './resources.ts';

/** Longest wait for the start of an answer. After that the connection counts as dead. */
const ANSWER_TIMEOUT_MS = 15_000;
/** Longest answer that is read. Lists are read in pages, so no answer comes near it. */
const MAX_ANSWER_BYTES = 256 << 20;
/** Detects servers that disappeared without closing the connection. */
const KEEP_ALIVE_MS = 10_000;

/** Parts of a request besides the object that it is about. */
export interface RequestParts {
  query?: Readonly<Record<string, string | number | boolean | undefined>>;
  /** Sent as JSON. */
  body?: unknown;
  /** Content type of the body. Default `application/json`. */
  contentType?: string;
  /** Aborts the request. */
  signal?: AbortSignal;
}

/** One request to the API. */
export interface ApiRequest extends ObjectRef, RequestParts {
  /** As in RBAC rules: get, list, watch, create, update, patch, delete. */
  verb: Verb;
  resource: Resource;
}

type Verb = keyof typeof METHODS;

const METHODS = {
  get: 'GET',
  list: 'GET',
  watch: 'GET',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
} as const;

/** Ownership of fields in server-side apply. */
export interface ApplyOptions {
  fieldManager: string;
  /** Takes over fields that another manager owns. Default false: a conflict is an {@link ApiError}. */
  force?: boolean;
}

/**
 * Client of the API server. Credentials (tokens, certificates, credential plugins) and proxies are left to @kubernetes/client-node.
 * The rest is here because that library opens a new connection pool for every request, and drops keys of an object that it does not
 * know.
 */
export class KubeClient {
  readonly #config: KubeConfig;
  readonly #server: URL;
  readonly #agent: Agent;

  constructor(config: KubeConfig) {
    this.#config = config;
    this.#server = new URL(config.getCurrentCluster()?.server ?? '');
    const options = { keepAlive: true, keepAliveMsecs: KEEP_ALIVE_MS, maxFreeSockets: 4 };
    this.#agent = this.#server.protocol === 'http:' ? (new PlainAgent(options) as Agent) : new TlsAgent(options);
  }

  /** URL of the API server, for messages. */
  get server(): string {
    return this.#server.href.replace(/\/$/, '');
  }

  /** Sends a request and returns the parsed JSON of the answer. @throws ApiError */
  async ask(call: ApiRequest): Promise<unknown> {
    const operation = describeOperation(call.verb, call.resource, call);
    const answer = await this.open(call);
    const text = await readAll(answer, (error) => errorOfConnection(operation, this.server, error));
    try {
      return JSON.parse(text);
    } catch (error) {
      throw errorOfConnection(operation, this.server, error);
    }
  }

  /** Sends a request and returns the answer as a stream, which the caller must consume or destroy. @throws ApiError unless it is 2xx */
  async open(call: ApiRequest): Promise<IncomingMessage> {
    const { verb, resource, query = {}, body, contentType = 'application/json', signal } = call;
    const operation = describeOperation(verb, resource, call);
    const url = new URL(this.server + pathOf(resource, call));
    for (const [key, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(key, String(value));
    }
    const text = body === undefined ? undefined : JSON.stringify(body);
    const fail = (error: unknown): ApiError => errorOfConnection(operation, this.server, error);
    const headers: Record<string, string> = { accept: 'application/json', 'user-agent': 'mcp-gateway' };
    if (text !== undefined) {
      headers['content-type'] = contentType;
      // Node does not send a content length for the body of a DELETE.
      headers['content-length'] = String(Buffer.byteLength(text));
    }
    const options = await this.#credentials(METHODS[verb], headers).catch((error: unknown) => {
      throw fail(error);
    });
    const answer = await send(url, { ...options, ...(signal === undefined ? {} : { signal }) }, text, fail);
    const { statusCode = 0 } = answer;
    if (statusCode >= 200 && statusCode < 300) return answer;
    const retryAfter = answer.headers['retry-after'];
    throw errorOfAnswer(operation, statusCode, retryAfter, await readAll(answer, fail));
  }

  /** Reads one object. @throws ApiError, of the kind `not-found` if it does not exist */
  get(resource: Resource, ref: ObjectRef): Promise<unknown> {
    return this.ask({ verb: 'get', resource, ...ref });
  }

  /** Creates an object; `ref` needs only its namespace. */
  create(resource: Resource, ref: ObjectRef, body: unknown): Promise<unknown> {
    return this.ask({ verb: 'create', resource, ...ref, body });
  }

  /** Replaces an object. With a `metadata.resourceVersion` in the body it fails with `conflict` if the object has changed since. */
  update(resource: Resource, ref: ObjectRef, body: unknown): Promise<unknown> {
    return this.ask({ verb: 'update', resource, ...ref, body });
  }

  /** Server-side apply: creates the object, or sets the fields of the body in it. */
  apply(resource: Resource, ref: ObjectRef, body: object, { fieldManager, force }: ApplyOptions): Promise<unknown> {
    const { apiVersion, kind } = resource;
    return this.ask({
      verb: 'patch',
      resource,
      ...ref,
      body: { apiVersion, kind, ...body },
      contentType: 'application/apply-patch+yaml',
      query: { fieldManager, force: force === true ? true : undefined },
    });
  }

  /** JSON merge patch (RFC 7386). */
  merge(resource: Resource, ref: ObjectRef, body: object, fieldManager?: string): Promise<unknown> {
    const contentType = 'application/merge-patch+json';
    return this.ask({ verb: 'patch', resource, ...ref, body, contentType, query: { fieldManager } });
  }

  /** Deletes an object. `options` are DeleteOptions of the API, such as `preconditions` and `propagationPolicy`. */
  delete(resource: Resource, ref: ObjectRef, options: object = {}): Promise<unknown> {
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', ...options };
    return this.ask({ verb: 'delete', resource, ...ref, body });
  }

  /** Closes all connections. */
  close(): void {
    this.#agent.destroy();
  }

  async #credentials(method: string, headers: Record<string, string>): Promise<RequestOptions> {
    const options: RequestOptions = {};
    await this.#config.applyToHTTPSOptions(options);
    // The library's agent would keep the certificates of the first request forever. It is used only with a proxy.
    if (this.#config.getCurrentCluster()?.proxyUrl === undefined) options.agent = this.#agent;
    return { ...options, method, headers: { ...options.headers, ...headers } };
  }
}

function send(
  url: URL,
  options: RequestOptions,
  body: string | undefined,
  fail: (error: unknown) => ApiError,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const call = (url.protocol === 'http:' ? requestPlain : request)(url, options, resolve);
    const timer = setTimeout(
      () => call.destroy(new Error(`no answer within ${ANSWER_TIMEOUT_MS} ms`)),
      ANSWER_TIMEOUT_MS,
    );
    call.once('response', () => clearTimeout(timer));
    call.once('close', () => clearTimeout(timer));
    call.on('error', (error) => {
      // The server may close an idle connection just when it is reused.
      const again = call.reusedSocket && options.method === 'GET' && options.signal?.aborted !== true;
      if (again) send(url, { ...options, agent: false }, body, fail).then(resolve, reject);
      else reject(fail(error));
    });
    call.end(body);
  });
}

function readAll(answer: IncomingMessage, fail: (error: unknown) => ApiError): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    answer.setTimeout(ANSWER_TIMEOUT_MS, () =>
      answer.destroy(new Error(`the answer stalled for ${ANSWER_TIMEOUT_MS} ms`)),
    );
    answer.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > MAX_ANSWER_BYTES) answer.destroy(new Error(`the answer is longer than ${MAX_ANSWER_BYTES} bytes`));
    });
    answer.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    answer.on('error', (error) => reject(fail(error)));
  });
}
