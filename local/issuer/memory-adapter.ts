import type { Adapter, AdapterPayload } from 'oidc-provider';

interface Entry {
  payload: AdapterPayload;
  expiresAtMs: number;
}

/**
 * Keeps one model of the issuer (sessions, codes, grants or refresh tokens) in memory. Above its limit the oldest entry is
 * dropped, so many entries of one model neither fill the memory nor displace another model.
 */
export class MemoryAdapter implements Adapter {
  readonly #entries = new Map<string, Entry>();
  readonly #limit: number;
  readonly #now: () => number;

  constructor(limit = 1000, now: () => number = Date.now) {
    this.#limit = limit;
    this.#now = now;
  }

  async upsert(id: string, payload: AdapterPayload, expiresInSeconds = Number.POSITIVE_INFINITY): Promise<void> {
    this.#entries.delete(id);
    this.#entries.set(id, { payload, expiresAtMs: this.#now() + expiresInSeconds * 1000 });
    while (this.#entries.size > this.#limit) {
      const oldest = this.#entries.keys().next();
      if (oldest.done) break;
      this.#entries.delete(oldest.value);
    }
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    const entry = this.#entries.get(id);
    if (entry === undefined) return undefined;
    if (entry.expiresAtMs > this.#now()) return entry.payload;
    this.#entries.delete(id);
    return undefined;
  }

  async findByUid(uid: string): Promise<AdapterPayload | undefined> {
    return this.#findWhere('uid', uid);
  }

  async findByUserCode(userCode: string): Promise<AdapterPayload | undefined> {
    return this.#findWhere('userCode', userCode);
  }

  async consume(id: string): Promise<void> {
    const payload = await this.find(id);
    if (payload !== undefined) payload.consumed = Math.floor(this.#now() / 1000);
  }

  async destroy(id: string): Promise<void> {
    this.#entries.delete(id);
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    for (const [id, { payload }] of this.#entries) {
      if (payload.grantId === grantId) this.#entries.delete(id);
    }
  }

  async #findWhere(key: string, value: string): Promise<AdapterPayload | undefined> {
    for (const [id, { payload }] of this.#entries) {
      if (payload[key] === value) return this.find(id);
    }
    return undefined;
  }
}
