import { type IncomingMessage, Agent as PlainAgent, type RequestOptions, request as requestPlain } from 'node:http';
import { type Agent, request, Agent as TlsAgent } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import { type ApiError, errorOfAnswer, errorOfConnection } from './errors.ts';
import { describeOperation, type ObjectRef, pathOf, type Resource } from './resources.ts';

/** An answer takes at most this long to begin; then the connection counts as dead. */
const ANSWER_TIMEOUT_MS = 15_000;
/** No list and no object is longer: lists are read in pages. */
const MAX_ANSWER_BYTES = 256 << 20;
/** Finds servers that are gone without a word. */
const KEEP_ALIVE_MS = 10_000;

/** Parts of a request that are not the object itself. */
export interface RequestParts {
  query?: Readonly<Record<string, string | number | boolean | undefined>>;
  /** Sent as JSON. */
  body?: unknown;
  /** Of the body. Default `application/json`. */
  contentType?: string;
  /** Ends the request. */
  signal?: AbortSignal;
}

/** One request in words of the API. */
export interface ApiRequest extends ObjectRef, RequestParts {
  /** As permissions have it: get, list, watch, create, update, patch, delete. */
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

/** How server-side apply settles who owns a field. */
export interface ApplyOptions {
  fieldManager: string;
  /** Takes fields that another manager set. Default false: a conflict is an {@link ApiError}. */
  force?: boolean;
}

/**
 * Speaks with the API server. Finding out who asks (tokens, certificates, programs that give credentials, proxies) is left to
 * @kubernetes/client-node; the rest is here, since that library makes a new connection pool for every request, and drops the
 * keys of an object that it does not know.
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

  /** Where the API server is, for messages. */
  get server(): string {
    return this.#server.href.replace(/\/$/, '');
  }

  /** Asks, and gives the parsed JSON of the answer. @throws ApiError */
  async ask(asked: ApiRequest): Promise<unknown> {
    const operation = describeOperation(asked.verb, asked.resource, asked);
    const answer = await this.open(asked);
    const text = await readAll(answer, (error) => errorOfConnection(operation, this.server, error));
    try {
      return JSON.parse(text);
    } catch (error) {
      throw errorOfConnection(operation, this.server, error);
    }
  }

  /** Asks, and gives the answer as it comes once it is one of success. Whoever asks ends it. @throws ApiError */
  async open(asked: ApiRequest): Promise<IncomingMessage> {
    const { verb, resource, query = {}, body, contentType = 'application/json', signal } = asked;
    const operation = describeOperation(verb, resource, asked);
    const url = new URL(this.server + pathOf(resource, asked));
    for (const [key, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(key, String(value));
    }
    const text = body === undefined ? undefined : JSON.stringify(body);
    const fail = (error: unknown): ApiError => errorOfConnection(operation, this.server, error);
    const headers: Record<string, string> = { accept: 'application/json', 'user-agent': 'mcp-gateway' };
    if (text !== undefined) {
      headers['content-type'] = contentType;
      // Node announces no body of a DELETE by itself.
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

  /** One object. @throws ApiError, of the kind `not-found` where there is none */
  get(resource: Resource, place: ObjectRef): Promise<unknown> {
    return this.ask({ verb: 'get', resource, ...place });
  }

  /** Makes an object; the place names its namespace only. */
  create(resource: Resource, place: ObjectRef, body: unknown): Promise<unknown> {
    return this.ask({ verb: 'create', resource, ...place, body });
  }

  /** Replaces an object. A `metadata.resourceVersion` in it makes that fail with `conflict` where somebody was faster. */
  update(resource: Resource, place: ObjectRef, body: unknown): Promise<unknown> {
    return this.ask({ verb: 'update', resource, ...place, body });
  }

  /** Server-side apply: makes the object, or sets the fields of the body in it. */
  apply(resource: Resource, place: ObjectRef, body: object, { fieldManager, force }: ApplyOptions): Promise<unknown> {
    const { apiVersion, kind } = resource;
    return this.ask({
      verb: 'patch',
      resource,
      ...place,
      body: { apiVersion, kind, ...body },
      contentType: 'application/apply-patch+yaml',
      query: { fieldManager, force: force === true ? true : undefined },
    });
  }

  /** JSON merge patch (RFC 7386). */
  merge(resource: Resource, place: ObjectRef, body: object, fieldManager?: string): Promise<unknown> {
    const contentType = 'application/merge-patch+json';
    return this.ask({ verb: 'patch', resource, ...place, body, contentType, query: { fieldManager } });
  }

  /** Deletes an object; `options` are those of the API (DeleteOptions): `preconditions`, `propagationPolicy`. */
  delete(resource: Resource, place: ObjectRef, options: object = {}): Promise<unknown> {
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', ...options };
    return this.ask({ verb: 'delete', resource, ...place, body });
  }

  /** Ends all connections. */
  close(): void {
    this.#agent.destroy();
  }

  async #credentials(method: string, headers: Record<string, string>): Promise<RequestOptions> {
    const options: RequestOptions = {};
    await this.#config.applyToHTTPSOptions(options);
    // The library's own agent keeps the certificates of the first request for ever; only for a proxy is it needed.
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
      // The server may close a kept connection at the very moment at which it is used again.
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
    answer.setTimeout(ANSWER_TIMEOUT_MS, () => answer.destroy(new Error('the answer stopped coming')));
    answer.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > MAX_ANSWER_BYTES) answer.destroy(new Error('the answer is too long'));
    });
    answer.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    answer.on('error', (error) => reject(fail(error)));
  });
}
