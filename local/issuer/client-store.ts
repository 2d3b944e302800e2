import type { Adapter, AdapterPayload } from 'oidc-provider';
import { z } from 'zod';
import { messageOf } from '../../core/errors.ts';
import type { Logger } from '../../runtime/log.ts';
import { readStateJson, writePrivateJson } from './state-files.ts';

const clientsShape = z.object({ clients: z.array(z.looseObject({ client_id: z.string() })) });

/** Settings of {@link ClientStore}. */
export interface ClientStoreOptions {
  path: string;
  /** Maximum number of clients that are kept; beyond it, the oldest are dropped. Default 200. */
  limit?: number;
  logger: Logger;
}

/**
 * The dynamically registered clients (RFC 7591), in a file: an MCP client remembers its registration, so a restart must not
 * lose it. A damaged file is logged and replaced. Clients then register again.
 */
export class ClientStore implements Adapter {
  readonly #path: string;
  readonly #limit: number;
  readonly #clients = new Map<string, AdapterPayload>();
  #lastWrite: Promise<void> = Promise.resolve();

  private constructor(path: string, limit: number) {
    this.#path = path;
    this.#limit = limit;
  }

  static async open({ path, limit = 200, logger }: ClientStoreOptions): Promise<ClientStore> {
    const store = new ClientStore(path, limit);
    try {
      const kept = await readStateJson(path, clientsShape);
      for (const client of kept?.clients.slice(-limit) ?? []) store.#clients.set(client.client_id, client);
    } catch (error) {
      logger.warn({ path }, `the registered clients are lost: ${messageOf(error)}`);
    }
    return store;
  }

  async upsert(id: string, payload: AdapterPayload): Promise<void> {
    this.#clients.set(id, payload);
    for (const oldest of this.#clients.keys()) {
      if (this.#clients.size <= this.#limit) break;
      this.#clients.delete(oldest);
    }
    await this.#save();
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    return this.#clients.get(id);
  }

  async destroy(id: string): Promise<void> {
    if (this.#clients.delete(id)) await this.#save();
  }

  // The library calls the next four only for other models: a client has no uid, code or grant.
  async findByUid(): Promise<undefined> {}
  async findByUserCode(): Promise<undefined> {}
  async consume(): Promise<void> {}
  async revokeByGrantId(): Promise<void> {}

  // Writes are sequential, or an older list could replace a newer one. Each caller waits for its own write.
  async #save(): Promise<void> {
    const write = this.#lastWrite
      .catch(() => undefined)
      .then(() => writePrivateJson(this.#path, { clients: [...this.#clients.values()] }));
    this.#lastWrite = write;
    await write;
  }
}
