import type { Adapter, AdapterPayload } from 'oidc-provider';
import { z } from 'zod';
import { messageOf } from '../../core/errors.ts';
import type { Logger } from '../../runtime/log.ts';
import { readStateJson, writePrivateJson } from './state-files.ts';

const clientsShape = z.object({ clients: z.array(z.looseObject({ client_id: z.string() })) });

/** How a client store is opened. */
export interface ClientStoreOptions {
  path: string;
  /** How many clients are kept; the newest stay. Default 200. */
  limit?: number;
  logger: Logger;
}

/**
 * The dynamically registered clients (RFC 7591), kept in a file: an MCP client remembers its registration, so a restart must
 * not forget it. A damaged file is reported and replaced; clients then register again.
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
      logger.warn({ path }, `registered clients are forgotten: ${messageOf(error)}`);
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

  // The next four belong to other models of the library's storage interface; a client has no uid, code or grant.
  async findByUid(): Promise<undefined> {}
  async findByUserCode(): Promise<undefined> {}
  async consume(): Promise<void> {}
  async revokeByGrantId(): Promise<void> {}

  // One write after the other, or an older list could replace a newer one. Each caller learns how its own write ended.
  async #save(): Promise<void> {
    const write = this.#lastWrite
      .catch(() => undefined)
      .then(() => writePrivateJson(this.#path, { clients: [...this.#clients.values()] }));
    this.#lastWrite = write;
    await write;
  }
}
