import { z } from 'zod';
import type { KubeClient } from '../api/client.ts';
import { isApiError } from '../api/errors.ts';
import { listAll } from '../api/list.ts';
import { CONFIG_MAPS, MCP_BACKENDS, type ObjectRef, type Resource } from '../api/resources.ts';
import { type BackendObject, parseBackendObject } from '../mcpbackend/object.ts';
import { withUserErrors } from './errors.ts';

/** Field manager of everything that an administrator changes through an MCP client or the shell. */
const FIELD_MANAGER = 'mcp-gateway-serve';
/** Attempts at an update that conflicts with other clients. */
const MAX_ATTEMPTS = 10;

const written = z.looseObject({
  metadata: z.looseObject({ name: z.string() }),
  spec: z.record(z.string(), z.unknown()).default({}),
});

/** An MCPBackend: its spec as stored, and its parsed view. */
export interface AdminBackend {
  /** The spec, with the defaults that the API server filled in. */
  spec: Readonly<Record<string, unknown>>;
  view: BackendObject;
}

const configMap = z.looseObject({ data: z.record(z.string(), z.string()).default({}) });

/** Reads and writes the MCPBackends of one namespace, and texts of ConfigMaps. Methods throw a UserError. */
export class AdminObjects {
  readonly #client: KubeClient;
  readonly #namespace: string;

  constructor(client: KubeClient, namespace: string) {
    this.#client = client;
    this.#namespace = namespace;
  }

  /** All MCPBackends of the namespace, listed in pages of 500. */
  async list(): Promise<AdminBackend[]> {
    const found: AdminBackend[] = [];
    await withUserErrors(() =>
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

  /** One MCPBackend; undefined if it does not exist. */
  async get(name: string): Promise<AdminBackend | undefined> {
    try {
      const object = await this.#client.get(MCP_BACKENDS, this.#ref(name));
      return toBackend(object);
    } catch (error) {
      // Without the CustomResourceDefinition the answer is 404 as well, but about the requested resource.
      if (isApiError(error, 'not-found') && !/requested resource/.test(error.detail)) return undefined;
      return withUserErrors(() => Promise.reject(error));
    }
  }

  /** Creates an MCPBackend. */
  async create(name: string, spec: object, dryRun: boolean): Promise<void> {
    const { apiVersion, kind } = MCP_BACKENDS;
    const body = { apiVersion, kind, metadata: { name, namespace: this.#namespace }, spec };
    const query = { fieldManager: FIELD_MANAGER, fieldValidation: 'Strict', dryRun: dryRun ? 'All' : undefined };
    const ref = { namespace: this.#namespace };
    await withUserErrors(() => this.#client.ask({ verb: 'create', resource: MCP_BACKENDS, ...ref, body, query }));
  }

  /** Replaces the spec of an MCPBackend by the result of `change`. */
  async update(
    name: string,
    change: (spec: Readonly<Record<string, unknown>>) => object,
    dryRun: boolean,
  ): Promise<void> {
    await this.#replace(MCP_BACKENDS, this.#ref(name), dryRun, (object) => {
      const parsed = written.parse(object);
      return { ...parsed, spec: change(parsed.spec) };
    });
  }

  /** Deletes an MCPBackend. */
  async remove(name: string): Promise<void> {
    await withUserErrors(() => this.#client.delete(MCP_BACKENDS, this.#ref(name)));
  }

  /** A text of a ConfigMap; undefined if it has no such key. */
  async readText(ref: ObjectRef, key: string): Promise<string | undefined> {
    const object = await withUserErrors(() => this.#client.get(CONFIG_MAPS, ref));
    return configMap.parse(object).data[key];
  }

  /** Replaces a text of a ConfigMap. Its other keys, labels and annotations are kept. */
  async editText(ref: ObjectRef, key: string, change: (text: string) => string): Promise<void> {
    await this.#replace(CONFIG_MAPS, ref, false, (object) => {
      const parsed = configMap.parse(object);
      const text = change(parsed.data[key] ?? '');
      return text === parsed.data[key] ? undefined : { ...parsed, data: { ...parsed.data, [key]: text } };
    });
  }

  #ref(name: string): ObjectRef {
    return { namespace: this.#namespace, name };
  }

  // Sends the resourceVersion that was read, so no other change is overwritten. After a conflict it reads and changes the object again.
  async #replace(resource: Resource, ref: ObjectRef, dryRun: boolean, change: (object: unknown) => object | undefined) {
    const query = { fieldManager: FIELD_MANAGER, dryRun: dryRun ? 'All' : undefined };
    for (let attempt = 1; ; attempt++) {
      const body = change(await withUserErrors(() => this.#client.get(resource, ref)));
      if (body === undefined) return;
      try {
        await this.#client.ask({ verb: 'update', resource, ...ref, body, query });
        return;
      } catch (error) {
        if (isApiError(error, 'conflict') && attempt < MAX_ATTEMPTS) continue;
        await withUserErrors(() => Promise.reject(error));
      }
    }
  }
}

function toBackend(object: unknown): AdminBackend | undefined {
  const view = parseBackendObject(object);
  const parsed = written.safeParse(object);
  return view === undefined || !parsed.success ? undefined : { spec: parsed.data.spec, view };
}
