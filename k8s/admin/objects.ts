import { z } from 'zod';
import type { KubeClient } from '../api/client.ts';
import { isApiError } from '../api/errors.ts';
import { listAll } from '../api/list.ts';
import { CONFIG_MAPS, MCP_BACKENDS, type ObjectRef, type Resource } from '../api/resources.ts';
import { type BackendObject, parseBackendObject } from '../mcpbackend/object.ts';
import { inWords } from './errors.ts';

/** Under this name fields are owned that an operator of the gateway set through an MCP client or the shell. */
const FIELD_MANAGER = 'mcp-gateway-serve';
/** So often somebody else may be faster before it is given up. */
const MAX_ATTEMPTS = 10;

const written = z.looseObject({
  metadata: z.looseObject({ name: z.string() }),
  spec: z.record(z.string(), z.unknown()).default({}),
});

/** An MCPBackend as it was written, and what is known of it. */
export interface AdminBackend {
  /** The spec with the defaults that the API server filled in. */
  spec: Readonly<Record<string, unknown>>;
  view: BackendObject;
}

const configMap = z.looseObject({ data: z.record(z.string(), z.string()).default({}) });

/** Reads and writes MCPBackends of one namespace, and the tenants document. Methods throw a UserError. */
export class AdminObjects {
  readonly #client: KubeClient;
  readonly #namespace: string;

  constructor(client: KubeClient, namespace: string) {
    this.#client = client;
    this.#namespace = namespace;
  }

  /** All MCPBackends of the namespace, by one list of the API (in pages, where there are more than 500). */
  async list(): Promise<AdminBackend[]> {
    const found: AdminBackend[] = [];
    await inWords(() =>
      listAll({
        client: this.#client,
        resource: MCP_BACKENDS,
        namespace: this.#namespace,
        selectors: {},
        signal: new AbortController().signal,
        take: (object) => {
          const backend = toBackend(object);
          if (backend !== undefined) found.push(backend);
        },
      }),
    );
    return found;
  }

  /** One MCPBackend; undefined where there is none of that name. */
  async get(name: string): Promise<AdminBackend | undefined> {
    try {
      const object = await this.#client.get(MCP_BACKENDS, this.#place(name));
      return toBackend(object);
    } catch (error) {
      // Without the kind the API server finds no resource; without the object it names it.
      if (isApiError(error, 'not-found') && !/requested resource/.test(error.detail)) return undefined;
      return inWords(() => Promise.reject(error));
    }
  }

  /** Makes an MCPBackend. */
  async create(name: string, spec: object, dryRun: boolean): Promise<void> {
    const { apiVersion, kind } = MCP_BACKENDS;
    const body = { apiVersion, kind, metadata: { name, namespace: this.#namespace }, spec };
    const query = { fieldManager: FIELD_MANAGER, fieldValidation: 'Strict', dryRun: dryRun ? 'All' : undefined };
    const place = { namespace: this.#namespace };
    await inWords(() => this.#client.ask({ verb: 'create', resource: MCP_BACKENDS, ...place, body, query }));
  }

  /** Replaces the spec of an MCPBackend by what the change makes of it. */
  async update(
    name: string,
    change: (spec: Readonly<Record<string, unknown>>) => object,
    dryRun: boolean,
  ): Promise<void> {
    await this.#replace(MCP_BACKENDS, this.#place(name), dryRun, (object) => {
      const parsed = written.parse(object);
      return { ...parsed, spec: change(parsed.spec) };
    });
  }

  /** Deletes an MCPBackend. */
  async remove(name: string): Promise<void> {
    await inWords(() => this.#client.delete(MCP_BACKENDS, this.#place(name)));
  }

  /** A text of a ConfigMap; undefined where it has no such key. */
  async readText(place: ObjectRef, key: string): Promise<string | undefined> {
    const object = await inWords(() => this.#client.get(CONFIG_MAPS, place));
    return configMap.parse(object).data[key];
  }

  /** Replaces a text of a ConfigMap; its other keys, labels and annotations stay. */
  async editText(place: ObjectRef, key: string, change: (text: string) => string): Promise<void> {
    await this.#replace(CONFIG_MAPS, place, false, (object) => {
      const parsed = configMap.parse(object);
      const text = change(parsed.data[key] ?? '');
      return text === parsed.data[key] ? undefined : { ...parsed, data: { ...parsed.data, [key]: text } };
    });
  }

  #place(name: string): ObjectRef {
    return { namespace: this.#namespace, name };
  }

  // With the resourceVersion that was read, so that nobody's change is overwritten; then it is read and changed anew.
  async #replace(
    resource: Resource,
    place: ObjectRef,
    dryRun: boolean,
    change: (object: unknown) => object | undefined,
  ) {
    const query = { fieldManager: FIELD_MANAGER, dryRun: dryRun ? 'All' : undefined };
    for (let attempt = 1; ; attempt++) {
      const body = change(await inWords(() => this.#client.get(resource, place)));
      if (body === undefined) return;
      try {
        await this.#client.ask({ verb: 'update', resource, ...place, body, query });
        return;
      } catch (error) {
        if (isApiError(error, 'conflict') && attempt < MAX_ATTEMPTS) continue;
        await inWords(() => Promise.reject(error));
      }
    }
  }
}

function toBackend(object: unknown): AdminBackend | undefined {
  const view = parseBackendObject(object);
  const parsed = written.safeParse(object);
  return view === undefined || !parsed.success ? undefined : { spec: parsed.data.spec, view };
}
